import { API_VERSION, KIND, SPEC, Spec } from '../../../protocol/declaration/declaration.ts'
import { MATCH, MATCH_WANTED, NodeRule, ROLES_WANTED, RULE } from '../../../protocol/declaration/rule.ts'
import { SETTINGS } from '../../../protocol/settings/cluster-settings.ts'
import { network } from '../../../protocol/settings/network.ts'
import type { Setting } from '../../../protocol/settings/setting.ts'
import type { Path } from './documents.ts'

interface Described {
  wanted: string
  help?: string
}
type Descriptions = Readonly<Record<string, Described>>

const NAME = 'lower-case letters, digits and dashes, at most 63 (RFC 1123), e.g. factory'
const settings: Readonly<Record<string, Setting>> = SETTINGS
const ofNetwork: Readonly<Record<string, Setting>> = network

const ROOT: Descriptions = {
  apiVersion: { wanted: API_VERSION },
  kind: { wanted: KIND },
  metadata: { wanted: 'name, and if you like project' },
  spec: { wanted: 'the settings of the cluster and its nodes' },
}
const METADATA: Descriptions = {
  name: { wanted: NAME, help: 'name of the cluster' },
  project: { wanted: NAME, help: 'project that the cluster belongs to; default: default' },
}

/** The fields that the object at a path can have, with what they want; undefined for any other object. */
export function fieldsAt(path: Path): Descriptions | undefined {
  const pattern = path.map((each) => (typeof each === 'number' ? '#' : each)).join('.')
  switch (pattern) {
    case '':
      return ROOT
    case 'metadata':
      return METADATA
    case 'spec':
      return pick(Spec.shape, { ...settings, ...SPEC, network: { wanted: Object.keys(network).join(', ') } })
    case 'spec.network':
      return ofNetwork
    case 'spec.nodes.#':
      return pick(NodeRule.shape, {
        ...RULE,
        match: { wanted: MATCH_WANTED, help: 'what a node must have, all of it' },
        roles: { wanted: ROLES_WANTED, help: 'roles of the node' },
      })
    case 'spec.nodes.#.match':
      return MATCH
    default:
      return undefined
  }
}

const pick = (shape: object, described: Descriptions): Descriptions =>
  Object.fromEntries(Object.keys(shape).flatMap((name) => (described[name] ? [[name, described[name]]] : [])))

/** What the field at a path wants, or the field around it. */
export function wantedAt(path: Path): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const found = fieldsAt(path.slice(0, length - 1))?.[String(path[length - 1])]
    if (found) return found.wanted
  }
  return undefined
}
