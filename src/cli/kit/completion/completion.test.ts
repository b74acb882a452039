import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { createProgram as agent } from '../../agent/program.ts'
import { createProgram as controller } from '../../controller/program.ts'
import { completion } from './completion.ts'

/** The script as the program itself prints it. */
async function printed(program: ReturnType<typeof agent>, shell: string): Promise<string> {
  const { stdout } = process
  const write = stdout.write
  let text = ''
  stdout.write = (chunk: string | Uint8Array) => {
    text += chunk
    return true
  }
  try {
    await program.parseAsync(['completion', shell], { from: 'user' })
  } finally {
    stdout.write = write
  }
  return text
}

const programs = { agent, controller }

test.each<[keyof typeof programs, string[], string]>([
  ['agent', ['uninstall', '--keep'], '--keep-kubernetes'],
  ['agent', ['unin'], 'uninstall'],
  ['agent', ['status', '--inst'], '--instance'],
  ['agent', ['--passphrase'], '--passphrase-file'],
  ['agent', ['--creds-file', 'prod.pem', '--passphrase'], '--passphrase-file'],
  ['agent', ['status', '-o', ''], 'text json'],
  ['agent', ['precheck', '--output', 'j'], 'json junit'],
  ['agent', ['precheck', '--creds-file', ''], ''],
  ['agent', ['precheck', '--explain', 'time'], 'times'],
  ['agent', ['install', '--role', 'w'], 'worker'],
  ['agent', ['completion', '--h'], '--help'],
  ['controller', ['cluster', 'pro'], 'provision'],
  ['controller', ['cluster', 'create', 'factory', '--cni', 'c'], 'calico cilium'],
  ['controller', ['cluster', 'show', 'factory', '-o', 'y'], 'yaml'],
  ['controller', ['cluster', 'show', 'clu'], 'cluster-1 cluster-2'],
  ['controller', ['cluster', 'show', '--admin', 'a.json', ''], 'a.json:cluster-1 cluster-2'],
  ['controller', ['cluster', 'show', '-o', 'json', 'clu'], 'cluster-1 cluster-2'],
  ['controller', ['cluster', 'show', 'cluster-1', 'clu'], ''],
  ['controller', ['cluster', 'show', '--w'], '--watch'],
  ['controller', ['node', 'list', '--cluster', 'cluster-2'], 'cluster-2'],
  ['controller', ['node', 'approve', 'new', '--replace', 'node-2'], 'node-2'],
  ['controller', ['cluster', 'kubeconfig', 'revoke', 'clu'], 'cluster-1 cluster-2'],
  ['controller', ['token', 'revoke', ''], 'token-1 token-2'],
  ['controller', ['node', 'configure', 'n', '--role', 'm'], 'master'],
  ['controller', ['cluster', 'kubeconfig', 'factory', '--role', 'e'], 'edit'],
  ['controller', ['cluster', 'watch', 'factory', '--until', 'DE'], 'DEGRADED'],
  ['controller', ['account', 'set-role', 'bob', '--role', ''], 'viewer operator approver admin'],
])('bash completes %s %j', async (name, words, wanted) => {
  const script = await printed(programs[name](), 'bash')
  const line = [name, ...words].map((word) => `'${word}'`).join(' ')
  // Stands for the program, which asks the controller.
  const program = `${name}() { echo \${4:+$4:}$2-1; echo $2-2; }; agent() { echo times; }`
  const ask = `${script}\n${program}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _${name}_completion; echo "\${COMPREPLY[@]}"`
  expect(execFileSync('bash', ['-c', ask], { encoding: 'utf8' }).trim()).toBe(wanted)
})

test('zsh loads the bash script through bashcompinit', () => {
  expect(completion(controller(), 'zsh')).toMatch(
    /^#compdef controller\nautoload -U \+X bashcompinit && bashcompinit\n_/,
  )
})

test('fish gets one line for each command and option, for every name of the program', async () => {
  const script = await printed(agent(), 'fish')
  expect(script).toContain(
    "complete -c cantrip-agent -n '__fish_use_subcommand' -f -a status -d 'show connection, state, current run and step, and versions'\n",
  )
  expect(script).toContain(
    "complete -c agent -n '__fish_seen_subcommand_from status' -s o -l output -x -a 'text json' -d 'output format'\n",
  )
})
