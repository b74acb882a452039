import { printable } from '../../../base/text/printable.ts'
import type { NodeDetail } from '../../../protocol/api/nodes.ts'
import { expiryStateOf } from '../../../protocol/certificates/expiry.ts'
import type { Facts } from '../../../protocol/wire/facts.ts'
import { problemText } from '../../../report/error-text.ts'
import { age, fields, localTime, table } from '../../kit/output.ts'
import { certificatesText } from '../clusters/certificates-text.ts'
import { problemLines } from '../clusters/problem-text.ts'
import { checkText } from './check-text.ts'

/** What `node show` prints. */
export function nodeText(node: NodeDetail, now: Date): string {
  const lines: [string, string][] = [
    ['Name', `${node.name} (${node.id})`],
    ['Cluster', node.cluster],
    ['State', stateText(node)],
    ['Key', node.fingerprint],
    ['Roles', node.roles.join(',') || '-'],
    ...ruleLine(node),
    ['Address', `${node.address}${node.interface ? ` (${node.interface})` : ''}`],
    ...proxyLine(node),
    ...(node.facts?.registryLogins ? [['Logins', node.facts.registryLogins.join(', ')] as [string, string]] : []),
    ['Last seen', node.lastSeen === null ? '-' : `${localTime(node.lastSeen)} (${age(node.lastSeen, now)} ago)`],
    ['Step', node.step ?? '-'],
    [
      'Run',
      node.run
        ? `${node.run.id} ${node.run.role}${node.run.repair ? ', repair' : ''}: ${node.run.state}, ${node.run.done} of ${node.run.of} steps`
        : '-',
    ],
    ['Agent', node.agentVersion || '-'],
  ]
  const head = fields(lines)
  const error = node.error ? `\n${problemText(node.error)}` : ''
  const warnings = node.warnings.map(checkText).join('')
  const problems = problemLines(node.problems, now)
  return `${head}${error}${problems && `\n${problems}`}${warnings && `\n${warnings}`}${node.facts ? `\n${factsText(node.facts, now)}` : ''}`
}

/** Only if this node has another one than its cluster, or reaches the controller through one. */
function proxyLine({ facts, ownProxy }: NodeDetail): [string, string][] {
  const { url = 'a transparent one', inspects } = facts?.proxy ?? {}
  const parts = [
    ...(facts?.proxy ? [`${url}${inspects ? ', which ends TLS,' : ''} to the controller`] : []),
    ...(ownProxy ? [`${ownProxy} for containerd on this node`] : []),
  ]
  return parts.length === 0 ? [] : [['Proxy', parts.join('; ')]]
}

/** Only in a cluster with rules. */
function ruleLine({ rule, ruleProblem }: NodeDetail): [string, string][] {
  if (rule === null && ruleProblem === null) return []
  return [
    ['Rule', [...(rule === null ? [] : [String(rule)]), ...(ruleProblem === null ? [] : [ruleProblem])].join(': ')],
  ]
}

function stateText({ state, lastSeen, isCordoned, connected }: NodeDetail): string {
  const since = state === 'UNKNOWN' && lastSeen !== null ? ` since ${localTime(lastSeen)}` : ''
  return `${state}${since}${isCordoned === true ? ', cordoned' : ''}${connected ? '' : ', not connected'}`
}

function factsText(facts: Facts, now: Date): string {
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`
  return [
    `Machine:    ${printable(`${facts.os.prettyName}, kernel ${facts.os.kernel}`)}, ${facts.os.arch}; ${facts.cpu.cores} CPUs, ${gibibytes(facts.memoryBytes)}\n\n`,
    table(facts.interfaces, [
      { title: 'INTERFACE', of: ({ name, defaultRoute }) => `${name}${defaultRoute ? ' (default route)' : ''}` },
      {
        title: 'ADDRESSES',
        of: ({ addresses }) => addresses.map(({ address, prefix }) => `${address}/${prefix}`).join(' '),
      },
      { title: 'MBIT/S', of: ({ speedMbps }) => (speedMbps === null ? '' : String(speedMbps)) },
    ]),
    '\n',
    table(facts.disks, [
      { title: 'DISK', of: ({ device }) => device },
      { title: 'SIZE', of: ({ sizeBytes }) => gibibytes(sizeBytes) },
      { title: 'FOR STORAGE', of: ({ usableForStorage, reason }) => (usableForStorage ? 'yes' : `no: ${reason}`) },
    ]),
    certificatesText(
      (facts.certificates ?? []).map((each) => ({ ...each, node: null, state: expiryStateOf(each, now) })),
      now,
      true,
    ),
  ].join('')
}
