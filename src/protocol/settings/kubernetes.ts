import { isIP } from 'node:net'
import * as z from 'zod/mini'
import { DEFAULT_VERSIONS } from '../../bundle/versions/sets.ts'
import { KubernetesVersion } from '../names.ts'
import type { Settings } from './setting.ts'

/** RFC 1123, and a wildcard as the first label. */
const DNS_NAME = /^(\*\.)?([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

const isServerName = (text: string) => isIP(text) !== 0 || DNS_NAME.test(text)

export const kubernetes = {
  kubernetesVersion: {
    schema: KubernetesVersion,
    default: DEFAULT_VERSIONS.kubernetes,
    flag: '--kubernetes-version <version>',
    kind: 'text',
    help: 'version of Kubernetes; the controller needs a bundle of it',
    wanted: `v1.MINOR.PATCH, e.g. ${DEFAULT_VERSIONS.kubernetes}`,
    example: 'v1.35.1',
    show: { title: 'Kubernetes' },
    sentIn: 'cluster',
    change: { class: 'never', because: 'an upgrade changes it: controller cluster upgrade NAME --to VERSION' },
  },
  certSANs: {
    schema: z
      .array(z.string().check(z.maxLength(253), z.refine(isServerName, 'wanted a DNS name or an IP address')))
      .check(z.maxLength(50)),
    flag: '--cert-san <name>',
    kind: 'list',
    help: 'another name or address of the API server, for its certificate; repeatable',
    wanted: 'a list of DNS names and IP addresses, e.g. api.example.org',
    example: ['api.example.org'],
    show: { title: 'API', text: (names: readonly string[]) => `certificate also for ${names.join(', ')}` },
    sentIn: 'cluster',
    since: '0.2.0',
    // The API server reads its certificate again when it changes. The kubelet's configuration is written with that of kubeadm.
    change: { class: 'control-plane', restarts: ['kubelet'] },
  },
} as const satisfies Settings
