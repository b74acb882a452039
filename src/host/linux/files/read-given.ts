import { type GivenFile, readGivenFile } from '../../files/given-file.ts'
import { trustOf } from '../../files/trust.ts'
import { linuxHostView } from '../host-view.ts'

/** Like readGivenFile, on this machine and for the user who started this process. `alsoTrusted`: id of another user. */
export async function readGiven(file: Omit<GivenFile, 'trust'>, alsoTrusted?: number): Promise<string> {
  const view = linuxHostView()
  const trust = await trustOf(view, process.env)
  const uids = new Set([...trust.uids, ...(alsoTrusted === undefined ? [] : [alsoTrusted])])
  return readGivenFile({ ...file, trust: { ...trust, uids } }, view)
}
