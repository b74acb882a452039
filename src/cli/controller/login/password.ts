import { AgentError } from '../../../base/agent-error.ts'
import { readSecretText } from '../session/secret-text.ts'

/** From `--password-file` (`-`: standard input), or asked at the terminal without showing it. */
export async function readPassword(file: string | undefined, question: string): Promise<string> {
  if (file !== undefined) {
    const ifMissing = 'pass a file that has only the password, with mode 0600'
    return readSecretText(file, { what: 'password file', code: 'password', isSecret: true, ifMissing })
  }
  if (!process.stdin.isTTY) {
    throw new AgentError('login/no-password', 'standard input is not a terminal; wanted a password', {
      fix: 'pass --password-file FILE, or --password-file - for standard input',
      kind: 'invalid',
    })
  }
  return ask(question)
}

/** Ends with AgentError `interrupted` for Ctrl-C and Ctrl-D. */
async function ask(question: string): Promise<string> {
  const [{ createInterface }, { Writable }] = await Promise.all([import('node:readline'), import('node:stream')])
  process.stderr.write(question)
  // What is typed is not shown.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const leave = () =>
    reject(
      new AgentError('interrupted', 'interrupted before signing in', {
        fix: 'run the command again',
        kind: 'interrupted',
      }),
    )
  terminal.once('close', leave).once('line', resolve)
  try {
    return await promise
  } finally {
    terminal.off('close', leave).close()
    process.stderr.write('\n')
  }
}
