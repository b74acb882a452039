import { Command, CommanderError } from 'commander'
import { registerCompletion } from '../kit/completion/completion.ts'
import { ExitCode } from '../kit/exit-codes.ts'
import { versionText } from '../kit/version-text.ts'
import { registerAgents } from './agents.ts'
import { registerAudit } from './audit/audit.ts'
import { registerBundle } from './bundle.ts'
import { registerCa } from './ca.ts'
import { registerCluster } from './clusters/cluster.ts'
import { registerConsole } from './console/console.ts'
import { registerBackup } from './data/backup.ts'
import { registerDatabase } from './data/database.ts'
import { registerRestore } from './data/restore.ts'
import { registerDeclare } from './declare/declare.ts'
import { registerAdmin } from './identities/admin.ts'
import { registerCreds } from './identities/creds.ts'
import { registerImage } from './image/image.ts'
import { registerInventory } from './inventory/inventory.ts'
import { registerKeys } from './keys.ts'
import { registerLogin } from './login/login.ts'
import { registerLogout } from './login/logout.ts'
import { registerWhoami } from './login/whoami.ts'
import { registerNode } from './nodes/node.ts'
import { registerOpenapi } from './openapi.ts'
import { registerAccount } from './people/account.ts'
import { registerSession } from './people/session.ts'
import { registerToken } from './people/token.ts'
import { registerPush } from './push/push.ts'
import { registerServe } from './serve.ts'
import { registerInstall } from './service/install.ts'
import { registerUninstall } from './service/uninstall.ts'
import { NAMES } from './session/names.ts'

export function createProgram(): Command {
  const program = new Command('controller')
    .description('Installs and manages Kubernetes on existing machines')
    .version(versionText('controller'), '--version', 'print version, commit and build date')
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `
To create a cluster:
  controller serve --data ./data --listen 0.0.0.0:8443
  controller bundle import ./bundle --data ./data --key bundle-key.pem.pub
  controller cluster create factory
  (on the node: sudo ./agent --creds-file factory.pem --passphrase-file factory-passphrase.txt)
  controller node approve node-1
  controller node configure node-1 --role master,worker
  controller cluster provision factory
  controller cluster watch factory --until READY`,
    )
  registerServe(program)
  registerInstall(program)
  registerUninstall(program)
  registerLogin(program)
  registerLogout(program)
  registerWhoami(program)
  registerConsole(program)
  registerCluster(program)
  registerNode(program)
  registerDeclare(program)
  registerInventory(program)
  registerPush(program)
  registerBundle(program)
  registerAgents(program)
  registerImage(program)
  registerCreds(program)
  registerAdmin(program)
  registerAudit(program)
  registerAccount(program)
  registerToken(program)
  registerSession(program)
  registerCa(program)
  registerKeys(program)
  registerBackup(program)
  registerRestore(program)
  registerDatabase(program)
  registerOpenapi(program)
  registerCompletion(program, { names: NAMES })
  strict(program)
  return program
}

/** Runs the command line and returns the exit code. Throws AgentError, except for errors in usage. */
export async function runProgram(): Promise<number> {
  try {
    await createProgram().parseAsync()
    return Number(process.exitCode ?? ExitCode.ok)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
    throw error
  }
}

/**
 * commander then throws errors in usage (exit code 2), rejects excess arguments, and leaves the options after a subcommand to it,
 * for all commands.
 */
function strict(command: Command): void {
  command.exitOverride().allowExcessArguments(false).enablePositionalOptions()
  for (const each of command.commands) strict(each)
}
