import type { Command } from 'commander'
import { type PlainFormat, structured } from '../../kit/output.ts'
import { readAccess } from './access.ts'
import { type AdminClient, openAdminClient } from './client.ts'

/** Runs a command with the administrator's client; `--admin` is an option of every such command. */
export async function withClient<T>(
  options: { admin?: string },
  work: (client: AdminClient) => Promise<T>,
): Promise<T> {
  const client = openAdminClient(await readAccess(options.admin))
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

export function withAdmin(command: Command): Command {
  return command.option(
    '--admin <file>',
    'administrator access file (default: CANTRIP_TOKEN, CANTRIP_ADMIN, the login, the local data directory, ~/.config)',
  )
}

/** Prints what a command did: its sentence, or the value as JSON or YAML. */
export async function printAs(format: PlainFormat, value: unknown, text: string): Promise<void> {
  print(format === 'text' ? text : await structured(format, value))
}

export function print(text: string): void {
  process.stdout.write(text)
}
