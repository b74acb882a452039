import { createHash, randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MANIFEST_NAME } from '../../src/bundle/format.ts'
import { openAuthority } from '../../src/controller/access/authority.ts'
import { Instruction } from '../../src/protocol/wire/instruction.ts'
import type { Site } from '../support/site/site.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { waitFor } from '../support/wait-for.ts'

const STATE = '/var/lib/cantrip'
const SERVICE = 'cantrip-agent.service'
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

interface Stored {
  run: string
  generation: number
  signed: { payload: string; signature: string }
}

/** Gives a node an instruction with the controller's signature, made from the last one that the node carried out. */
export async function instruct(
  site: Site,
  node: Node,
  role: 'upgrade' | 'add-ons',
  bundle: string,
): Promise<{ run: string; ended(): Promise<boolean> }> {
  const last: Stored = JSON.parse(await execOk(node, ['cat', `${STATE}/provisioned.json`]))
  const before = Instruction.parse(JSON.parse(last.signed.payload))
  if (before.role === 'reset' || before.role === 'renew') throw new Error(`found ${before.role}`)
  const manifest = await readFile(join(bundle, MANIFEST_NAME))
  const { name, kubernetesVersion } = JSON.parse(manifest.toString()) as { name: string; kubernetesVersion: string }
  const manifestSha256 = createHash('sha256').update(manifest).digest('hex')
  const { params } = before
  const run = `r-${Array.from({ length: 10 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`
  const generation = last.generation + 1
  const body = Instruction.parse({
    ...{ run, node: before.node, generation, expiresAt: new Date(Date.now() + 3_600_000).toISOString(), role },
    provisionedAs: 'provisionedAs' in before ? before.provisionedAs : before.role,
    params: {
      ...params,
      bundle: { ...params.bundle, name, manifestSha256 },
      cluster: { ...params.cluster, kubernetesVersion },
    },
  })
  const signed = openAuthority(join(site.directory, 'data/pki'), new Date(), true).signInstruction(JSON.stringify(body))
  const stored = { seq: 0, run, role, generation, kubernetesVersion, signed }
  await execOk(node, ['systemctl', 'stop', SERVICE])
  const write = ['sh', '-c', `umask 077; cat > ${STATE}/instruction.json`]
  await execOk(node, write, { stdin: JSON.stringify(stored) })
  await execOk(node, ['systemctl', 'start', SERVICE])
  const ended = async () => (await exec(node, ['test', '-e', `${STATE}/instruction.json`])).code !== 0
  return { run, ended }
}

/** Waits for the end of the run, which must be done. */
export async function carriedOut(node: Node, { run, ended }: Awaited<ReturnType<typeof instruct>>): Promise<void> {
  await waitFor(`the end of ${run}`, async () => ((await ended()) ? true : undefined), { withinMs: 600_000 })
  const last: Stored = JSON.parse(await execOk(node, ['cat', `${STATE}/provisioned.json`]))
  if (last.run !== run) throw new Error(`${run} failed:\n${await execOk(node, ['agent', 'logs']).catch(String)}`)
}
