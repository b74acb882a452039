import type { Command } from 'commander'
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

export function print(text: string): void {
  process.stdout.write(text)
}
