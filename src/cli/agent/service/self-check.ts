import { selfCheck } from '../../../agent/update/self-check.ts'
import { version } from '../../../base/version.ts'
import { linuxNetwork } from '../../../host/linux/network/network.ts'
import { pathsIn } from './started-by-service.ts'

/** `agent self-check`: the former version starts it before it is replaced by this one. Exit code 0 if this one can take over. */
export async function runSelfCheck(argv: readonly string[]): Promise<number> {
  const url = await selfCheck(pathsIn(argv), linuxNetwork)
  process.stdout.write(`agent ${version.version} (${version.commit}) reaches ${url}\n`)
  return 0
}
