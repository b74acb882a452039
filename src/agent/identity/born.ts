import { existsSync, rmSync } from 'node:fs'
import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import { readIfThere } from '../../base/durable-file.ts'
import { errorMessage } from '../../base/text/error-message.ts'
import { isMachineId, isPlaceholderUuid } from '../../host/kernel/machine-ids.ts'
import type { AgentPaths } from '../paths.ts'
import { keepReserve, reserveOf } from '../service/reserve.ts'
import { writeStateFile } from '../state-file.ts'
import { removeNodeState } from './identity.ts'
import type { MachineIds } from './machine.ts'

/** The machine on which a node got its identity, as far as it can be told from others. */
interface Born {
  machineId?: string
  productUuid?: string
}

function bornOn({ machineId, productUuid = '' }: MachineIds): Born {
  const hasUuid = productUuid !== '' && !isPlaceholderUuid(productUuid)
  return { ...(isMachineId(machineId) && { machineId }), ...(hasUuid && { productUuid }) }
}

/**
 * Records that the identity of this node belongs to this machine, also with the reserve of a full disk. What prevents it is logged: it
 * must not keep the agent from connecting.
 */
export function noteBirth(
  { bornFile, stateDirectory }: Pick<AgentPaths, 'bornFile' | 'stateDirectory'>,
  machine: MachineIds,
  log: (level: 'info' | 'warn', line: string) => void,
  write = writeStateFile,
): void {
  const text = `${JSON.stringify(bornOn(machine))}\n`
  try {
    if (readIfThere(bornFile) === text) return
    keepReserve(reserveOf({ stateDirectory })).spend(() => write(bornFile, text))
    log('info', `the identity of this node belongs to machine ${machine.machineId}`)
  } catch (error) {
    log('warn', `cannot record the machine of this node, so a copy of its disk may not notice: ${errorMessage(error)}`)
  }
}

/**
 * The machine on which this node got its identity, if it is certainly another one: machine-id and product UUID both differ. One of
 * them differs too after a new mainboard, a restored virtual machine or a new machine-id. A damaged record says nothing.
 */
export function bornElsewhere(paths: Pick<AgentPaths, 'bornFile'>, machine: MachineIds): Born | undefined {
  const was = readBorn(paths)
  const is = bornOn(machine)
  const differ = (was: string | undefined, is: string | undefined) =>
    was !== undefined && is !== undefined && was !== is
  return differ(was.machineId, is.machineId) && differ(was.productUuid, is.productUuid) ? was : undefined
}

function readBorn({ bornFile }: Pick<AgentPaths, 'bornFile'>): Born {
  const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
  try {
    const { machineId, productUuid } = JSON.parse(readIfThere(bornFile) ?? '{}') as Record<keyof Born, unknown>
    return { machineId: textOf(machineId), productUuid: textOf(productUuid) } as Born
  } catch {
    return {}
  }
}

/** Throws `identity/copied` if the node on this machine got its identity on another one, of whose disk this one is a copy. */
export function refuseCopy(paths: AgentPaths, machine: MachineIds): void {
  const was = existsSync(paths.nodeIdentity) ? bornElsewhere(paths, machine) : undefined
  if (was)
    throw copied(paths, machine, was, 'run the installation again with NAME.pem, its passphrase and a --hostname')
}

/**
 * Before an installation: a machine that is a copy of a node forgets the identity of the original, and becomes another node. Throws
 * `identity/copied` if it has the original's Kubernetes too. Returns whether it was a copy.
 */
export function forgetOriginal(paths: AgentPaths, machine: MachineIds): boolean {
  const was = bornElsewhere(paths, machine)
  if (!was) return false
  if ([paths.provisionedFile, paths.instructionFile].some((path) => existsSync(path)))
    throw copied(paths, machine, was, 'remove the copy of its Kubernetes with agent uninstall, and install again')
  const { nodeIdentity, nodeKey, nodeCsr, trustFile, controllersFile, bornFile } = paths
  removeNodeState(paths)
  for (const path of [nodeIdentity, nodeKey, nodeCsr, trustFile, controllersFile, bornFile])
    rmSync(path, { force: true })
  return true
}

function copied({ nodeIdentity, bornFile, unit }: AgentPaths, machine: MachineIds, was: Born, fix: string): AgentError {
  const found = `${nodeIdentity} belongs to the machine with machine-id ${was.machineId} and product UUID ${was.productUuid}`
  const wanted = `this one has ${machine.machineId} and ${machine.productUuid}, and is a copy of its disk`
  const sameMachine = command`rm ${bornFile} && systemctl restart ${unit}`
  return new AgentError('identity/copied', `${found}; ${wanted}`, {
    fix: `${fix}; if it is that machine, with another mainboard, or a virtual machine that was restored or imported again: ${sameMachine}`,
    kind: 'refused',
  })
}
