import * as z from 'zod/mini'
import english from 'zod/v4/locales/en.js'
import type { Source } from '../declare/documents.ts'
import { fieldText, type Problem, refuseAll } from '../declare/problem.ts'
import { interpret } from './ansible/interpret.ts'
import type { InventoryHost } from './host.ts'
import { invalid } from './invalid.ts'

export const PREPROVISIONED = 'PreprovisionedInventory'

const Preprovisioned = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    hosts: z.array(z.object({ address: z.string() })),
    sshConfig: z.optional(z.object({ port: z.optional(z.number()), user: z.optional(z.string()) })),
  }),
})

/**
 * Reads a document of Konvoy for machines that exist: those of a document whose name ends with `-control-plane` are masters, all others
 * workers. The key is a Secret of another cluster, so ssh has to find one by itself. Throws `inventory/invalid`.
 */
export function parsePreprovisioned(source: Source): InventoryHost[] {
  const parsed = Preprovisioned.safeParse(source.value, { error: english().localeError })
  const problems: Problem[] = []
  const refuse = (at: readonly (string | number)[], found: string, fix: string) =>
    problems.push(invalid(source.placeOf(at), found, fix, fieldText(at)))
  for (const { path, message } of parsed.error?.issues ?? [])
    refuse(path as (string | number)[], message, 'write it as Konvoy documents it')
  refuseAll(problems)
  if (!parsed.success) return []
  const { metadata, spec } = parsed.data
  const { port, user } = spec.sshConfig ?? {}
  const role = metadata.name.endsWith('-control-plane') ? 'master' : 'worker'
  const hosts = spec.hosts.flatMap(({ address }, at) => {
    const variables = new Map<string, unknown>([
      ...(port === undefined ? [] : [['ansible_port', port] as const]),
      ...(user === undefined ? [] : [['ansible_user', user] as const]),
      ['ansible_host', address],
      ['cantrip_roles', role],
    ])
    const host = interpret({ name: address, groups: [metadata.name], direct: [], variables })
    if (typeof host !== 'string') return [host]
    refuse(['spec', 'hosts', at, 'address'], host, 'write a name or an address')
    return []
  })
  refuseAll(problems)
  return hosts
}
