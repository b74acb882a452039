import { basename, dirname } from 'node:path/posix'
import { LAYOUTS } from '../../base/layout.ts'
import { subjectOf } from '../../host/change.ts'
import type { HostView } from '../../host/host.ts'
import { isBelow } from '../../host/parse/mountinfo.ts'
import { decodeRecords } from '../../ledger/record-format.ts'
import { replay } from '../../ledger/replay.ts'
import { type AgentPaths, pathsOf } from '../paths.ts'
import { isIn } from '../scope.ts'

export interface OtherInstallations {
  /** Whether another installation changed this path, unit or parameter. */
  changed(what: string): boolean
  hasKubernetes: boolean
  /** The steps of these changes. */
  steps: readonly string[]
}

/** Changes that the ledgers of other installations on this machine record and have not undone. */
export async function otherInstallations(view: HostView, paths: AgentPaths): Promise<OtherInstallations> {
  const parent = dirname(paths.stateDirectory)
  const own = basename(paths.stateDirectory)
  const names = ((await view.list(parent)) ?? []).filter((name) => /^cantrip(-|$)/.test(name) && name !== own)
  const texts = await Promise.all(names.map((name) => view.read(`${parent}/${name}/ledger/ledger.jsonl`)))
  const changes = texts.flatMap((text) => replay(decodeRecords(Buffer.from(text ?? '')).entries).outstanding)
  const named = new Set(changes.flatMap(({ what, undo }) => [what, subjectOf(undo)]))
  const places = names.flatMap((name) =>
    LAYOUTS.flatMap((layout) => placesOf(pathsOf(name === 'cantrip' ? undefined : name.slice(8), '', layout))),
  )
  const steps = changes.map(({ step }) => step)
  return {
    steps,
    changed: (what) => named.has(what) || places.some((place) => isBelow(what, place)),
    hasKubernetes: steps.some((step) => isIn('kubernetes', step)),
  }
}

function placesOf(paths: AgentPaths): string[] {
  const { executable, unit, unitFile, configDirectory, stateDirectory, logDirectory, runtimeDirectory } = paths
  return [executable, unit, unitFile, configDirectory, stateDirectory, logDirectory, runtimeDirectory]
}
