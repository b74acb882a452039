import { Command, CommanderError } from 'commander'
import { ExitCode } from './base/exit-codes.ts'
import { registerBundle } from './cli/controller/bundle.ts'
import { registerCluster } from './cli/controller/clusters/cluster.ts'
import { registerCompletion } from './cli/controller/completion.ts'
import { registerNode } from './cli/controller/nodes/node.ts'
import { registerServe } from './cli/controller/serve.ts'
import { nameFileErrors } from './cli/kit/name-file-errors.ts'
import { ownProgram } from './cli/kit/own-program.ts'
import { guardStandardStreams } from './cli/kit/standard-streams.ts'
import { versionText } from './cli/kit/version-text.ts'
import { exitCode } from './report/exit-code.ts'

const program = new Command('controller')
  .description('Brings Kubernetes up on machines that already exist')
  .version(versionText('controller'), '--version')
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
From nothing to READY:
  controller serve --data ./data --listen 0.0.0.0:8443
  controller bundle import ./bundle --data ./data --key bundle-key.pem.pub
  controller cluster create factory --output .
  (on the node: sudo ./agent --creds-file factory.pem --passphrase-file factory-passphrase.txt)
  controller node approve node-1
  controller node configure node-1 --role master,worker
  controller cluster provision factory
  controller cluster watch factory --until READY`,
  )

for (const register of [registerServe, registerCluster, registerNode, registerBundle, registerCompletion])
  register(program)

const ended = guardStandardStreams(process)
strict(program)
exitCode(run(), ownProgram('controller'))
  .then(ended)
  .then((code) => process.exit(code))

async function run(): Promise<number> {
  try {
    await nameFileErrors(() => program.parseAsync())
    return Number(process.exitCode ?? ExitCode.ok)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
    throw error
  }
}

/** Mistakes in usage end with exit code 2, in every verb. */
function strict(command: Command): void {
  command.exitOverride().allowExcessArguments(false)
  for (const each of command.commands) strict(each)
}
