import * as z from 'zod/mini'
import type { Settings } from './setting.ts'

const Text = z.optional(z.string().check(z.maxLength(32_768)))

/** Overrides of component configuration, by component; each is merged over the default configuration. */
export const Overrides = z.strictObject({
  /** KubeletConfiguration, YAML. */
  kubelet: Text,
  /** KubeProxyConfiguration, YAML. */
  'kube-proxy': Text,
  /** ClusterConfiguration and InitConfiguration documents, YAML. */
  kubeadm: Text,
  /** A containerd configuration file that the main one imports, TOML. */
  containerd: Text,
})
export type Overrides = z.infer<typeof Overrides>

export const OVERRIDABLE = Object.keys(Overrides.shape) as readonly (keyof Overrides)[]

export const overrides = {
  overrides: {
    schema: Overrides,
    default: {},
    flag: '--override <component=file>',
    kind: 'files',
    help: 'configuration of kubelet, kube-proxy, kubeadm or containerd; repeatable',
    wanted: `texts of at most 32 KiB by component: ${OVERRIDABLE.join(', ')}`,
    example: { kubelet: 'maxPods: 50\n' },
    show: { title: 'Overrides', text: (texts: object) => Object.keys(texts).join(', ') },
    sentIn: 'cluster',
    change: {
      of: {
        kubelet: { class: 'rolling', restarts: ['kubelet'] },
        containerd: { class: 'rolling', restarts: ['containerd'] },
        kubeadm: {
          class: 'control-plane',
          restarts: ['kubelet', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
        },
        'kube-proxy': { class: 'add-on', restarts: ['kube-proxy'] },
      },
    },
  },
} as const satisfies Settings
