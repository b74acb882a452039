import * as z from 'zod/mini'
import { LABEL_KEY, LABEL_VALUE, MAX_LABEL_KEY } from './node-labels.ts'
import { hasFewEntries, MOST_ENTRIES, type Settings } from './setting.ts'

export const LabelKey = z.string().check(z.maxLength(MAX_LABEL_KEY), z.regex(LABEL_KEY))
export const LabelValue = z.string().check(z.regex(LABEL_VALUE))

export const NodeLabels = z.record(LabelKey, LabelValue)

const pairs = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')

export const nodes = {
  labels: {
    schema: NodeLabels.check(hasFewEntries),
    default: {},
    flag: '--label <key[=value]>',
    kind: 'pairs',
    help: 'label of its nodes; repeatable',
    wanted: `a Kubernetes label KEY=VALUE, e.g. site=north; at most ${MOST_ENTRIES}`,
    example: { site: 'north' },
    show: { title: 'Labels', text: pairs },
    sentIn: 'node',
    change: { class: 'live' },
  },
  location: {
    schema: z.string().check(z.maxLength(200)),
    default: '',
    flag: '--location <text>',
    kind: 'text',
    help: 'location of the cluster, as free text',
    wanted: 'a text of at most 200 characters',
    example: 'Berlin, hall 3',
    show: { title: 'Location' },
    change: { class: 'live' },
  },
  dedicatedMasters: {
    schema: z.boolean(),
    default: false,
    flag: '--dedicated-masters',
    kind: 'switch',
    help: 'do not schedule workloads on masters',
    wanted: 'true or false',
    example: true,
    show: { title: 'Masters', text: (dedicated: boolean) => (dedicated ? 'dedicated' : 'also run workloads') },
    sentIn: 'cluster',
    change: { class: 'control-plane', restarts: ['kubelet'] },
  },
  peerUploads: {
    schema: z.string().check(z.regex(/^(none|unlimited|[1-9]\d{0,4}MiB)$/)),
    flag: '--peer-uploads <text>',
    kind: 'text',
    help: 'what nodes send per second to others that download: none, unlimited or a limit',
    wanted: 'none (the default), unlimited, or a limit per second, e.g. 20MiB',
    example: '20MiB',
    show: {
      title: 'Peers',
      text: (limit: string) => `each node sends ${limit.endsWith('MiB') ? `at most ${limit} per second` : limit}`,
    },
    since: '0.2.0',
    change: { class: 'live' },
  },
} as const satisfies Settings
