/** The agent's composition root: picks the verb, prints what went wrong, and ends the process. */
import { versionText } from './cli/version-text.ts'

async function main([verb, ...rest]: readonly string[]): Promise<number> {
  // What starts often, or must start fast, goes without the parser of options.
  if (verb === '--version' && rest.length === 0) {
    process.stdout.write(`${versionText('agent')}\n`)
    return 0
  }
  const isPlain = !rest.includes('--help') && !rest.includes('-h')
  if (verb === 'run' && isPlain) {
    const { run } = await import('./cli/agent/run.ts')
    await run(rest)
    return 0
  }
  if (verb === 'execute' && isPlain) {
    const { runExecute } = await import('./cli/agent/execute.ts')
    return runExecute(rest)
  }
  if (verb === 'facts' && isPlain) {
    const { printFacts } = await import('./cli/agent/facts.ts')
    await printFacts()
    return 0
  }
  const { runProgram } = await import('./cli/agent/program.ts')
  return runProgram([...(verb === undefined ? [] : [verb]), ...rest])
}

async function fail(error: unknown): Promise<number> {
  const { errorText, exitCodeOf } = await import('./report/error-text.ts')
  process.stderr.write(errorText(error))
  return exitCodeOf(error)
}

main(process.argv.slice(2))
  .catch(fail)
  .then((code) => process.exit(code))
