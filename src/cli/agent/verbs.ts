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
  const plain = rest.includes('--help') || rest.includes('-h') ? undefined : verb
  if (plain === 'execute') {
    const { runExecute } = await import('./service/execute.ts')
    return runExecute(rest)
  }
  if (plain === 'keep-images') {
    const { runKeepImages } = await import('./service/bundle/keep-images.ts')
    return runKeepImages(rest)
  }
  if (plain === 'hand-on') {
    const { runHandOn } = await import('./service/bundle/hand-on.ts')
    return runHandOn(rest)
  }
  if (plain === 'renew-certificates') {
    const { runRenewCertificates } = await import('./service/renew-certificates.ts')
    return runRenewCertificates(rest)
  }
  if (plain === 'api-watch') {
    const { runApiWatch } = await import('./service/api-watch.ts')
    return runApiWatch(rest)
  }
  if (plain === 'etcd-backup') {
    const { runEtcdBackup } = await import('./service/etcd-backup.ts')
    return runEtcdBackup(rest)
  }
  if (plain === 'operation') {
    const { runOperation } = await import('./service/operation.ts')
    return runOperation(rest)
  }
  if (plain === 'self-check') {
    const { runSelfCheck } = await import('./service/self-check.ts')
    return runSelfCheck(rest)
  }
  if (plain === 'settle-update') {
    const { runSettleUpdate } = await import('./service/settle-update.ts')
    return runSettleUpdate(rest)
  }
  if (plain === 'facts') {
    const { printFacts } = await import('./service/facts.ts')
    await printFacts(rest)
    return 0
  }
  const { runProgram } = await import('./program.ts')
  return runProgram(argv)
}
