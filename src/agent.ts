/** Entry point of the agent: runs a command, prints its error, and exits. */

import { exitCode } from './cli/kit/exit-code.ts'
import { ownProgram } from './cli/kit/own-program.ts'
import { guardStandardStreams } from './cli/kit/standard-streams.ts'
import { versionText } from './cli/kit/version-text.ts'

async function main(argv: readonly string[]): Promise<number> {
  const [verb, ...rest] = argv
  // These start often or must start fast, so they do not load the option parser.
  if (verb === '--version' && rest.length === 0) {
    process.stdout.write(`${versionText('agent')}\n`)
    return 0
  }
  if (verb === 'run' && !rest.includes('--help') && !rest.includes('-h')) {
    const { run } = await import('./cli/agent/service/run.ts')
    await run(rest)
    return 0
  }
  const { runVerb } = await import('./cli/agent/verbs.ts')
  return runVerb(argv)
}

const ended = guardStandardStreams(process)
exitCode(main(process.argv.slice(2)), ownProgram('agent'))
  .then(ended)
  .then((code) => process.exit(code))
