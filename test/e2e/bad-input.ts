import assert from 'node:assert/strict'
import type { Site } from '../support/site/site.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'

interface Mistake {
  what: string
  argv: readonly string[]
  code: number
  says: RegExp
}

/** Each mistake on a real node ends with one clear error and the right exit code, and leaves the host unchanged. */
export async function badInput(site: Site, node: Node, install: readonly string[]): Promise<void> {
  const [agent = '', , creds = '', , passphrase = ''] = install
  await execOk(node, ['mkdir', '-p', '/root/bad'])
  await execOk(node, ['install', '-m', '600', '/dev/null', '/root/bad/empty.pem'])
  await execOk(node, ['dd', 'of=/root/bad/wrong.txt'], { stdin: 'not-the-passphrase\n' })
  await execOk(node, ['chmod', '600', '/root/bad/wrong.txt'])
  await execOk(node, ['install', '-m', '644', creds, '/root/bad/open.pem'])
  await execOk(node, ['install', '-m', '755', agent, '/tmp/agent'])
  const given = (c: string, p: string) => [agent, '--creds-file', c, '--passphrase-file', p]
  const mistakes: Mistake[] = [
    { what: 'missing', argv: given('/root/none.pem', passphrase), code: 2, says: /none\.pem/ },
    { what: 'empty', argv: given('/root/bad/empty.pem', passphrase), code: 2, says: /empty/ },
    { what: 'swapped', argv: given(passphrase, creds), code: 2, says: /passphrase/ },
    { what: 'wrong passphrase', argv: given(creds, '/root/bad/wrong.txt'), code: 2, says: /passphrase/ },
    { what: 'world-readable', argv: given('/root/bad/open.pem', passphrase), code: 2, says: /chmod 600/ },
    { what: 'no credentials', argv: [agent], code: 2, says: /--creds-file/ },
    { what: 'unknown flag', argv: [agent, '--cred-file', creds], code: 2, says: /--creds-file/ },
    { what: 'another cluster', argv: [...install, '--cluster-name', 'other'], code: 2, says: /other/ },
    {
      what: 'not root',
      argv: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '/tmp/agent', 'precheck'],
      code: 3,
      says: /root/,
    },
  ]
  const full = `${agent} precheck --role worker > /dev/full`
  mistakes.push({
    what: 'full standard output',
    argv: ['bash', '-c', full],
    code: 4,
    says: /cannot write standard output/,
  })
  for (const mistake of mistakes) await assertRefused(node, mistake)
  await site.whileDown(async () => {
    await assertRefused(node, { what: 'unreachable controller', argv: install, code: 6, says: /controller/ })
  })
  await execOk(node, ['rm', '-r', '/root/bad', '/tmp/agent'])
}

async function assertRefused(node: Node, { what, argv, code, says }: Mistake): Promise<void> {
  const found = await exec(node, argv, { timeoutMs: 120_000 })
  const text = found.stderr + found.stdout
  assert.equal(found.code, code, `${what}: exit code\n${text}`)
  assert.match(text, says, `${what}: message`)
  assert.doesNotMatch(
    text,
    /\n\s+at |PRIVATE KEY|not-the-passphrase/,
    `${what}: a stack trace or a secret in the output`,
  )
  const left = await exec(node, ['ls', '-d', '/etc/cantrip', '/var/lib/cantrip', '/usr/local/bin/cantrip-agent'])
  assert.equal(left.stdout, '', `${what}: files left on the host`)
}
