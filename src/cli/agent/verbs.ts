import { exitCode } from '../kit/exit-code.ts'
import { nameFileErrors } from '../kit/name-file-errors.ts'
import { ownProgram } from '../kit/own-program.ts'

/** Runs any command except the service, which does not load this script. Returns the exit code; never rejects. */
export function runVerb(argv: readonly string[]): Promise<number> {
  return exitCode(
    nameFileErrors(() => choose(argv)),
    ownProgram('agent'),
  )
}

async function choose(argv: readonly string[]): Promise<number> {
  const [verb, ...rest] = argv
  const isPlain = !rest.includes('--help') && !rest.includes('-h')
  if (verb === 'execute' && isPlain) {
    const { runExecute } = await import('./service/execute.ts')
    return runExecute(rest)
  }
  if (verb === 'keep-images' && isPlain) {
    const { runKeepImages } = await import('./service/keep-images.ts')
    return runKeepImages(rest)
  }
  if (verb === 'renew-certificates' && isPlain) {
    const { runRenewCertificates } = await import('./service/renew-certificates.ts')
    return runRenewCertificates(rest)
  }
  if (verb === 'api-watch' && isPlain) {
    const { runApiWatch } = await import('./service/api-watch.ts')
    return runApiWatch(rest)
  }
  if (verb === 'etcd-backup' && isPlain) {
    const { runEtcdBackup } = await import('./service/etcd-backup.ts')
    return runEtcdBackup(rest)
  }
  if (verb === 'operation' && isPlain) {
    const { runOperation } = await import('./service/operation.ts')
    return runOperation(rest)
  }
  if (verb === 'self-check' && isPlain) {
    const { runSelfCheck } = await import('./service/self-check.ts')
    return runSelfCheck(rest)
  }
  if (verb === 'settle-update' && isPlain) {
    const { runSettleUpdate } = await import('./service/settle-update.ts')
    return runSettleUpdate(rest)
  }
  if (verb === 'facts' && isPlain) {
    const { printFacts } = await import('./service/facts.ts')
    await printFacts(rest)
    return 0
  }
  const { runProgram } = await import('./program.ts')
  return runProgram(argv)
}
