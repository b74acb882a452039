import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'

const INSTALLED = '/usr/local/bin/cantrip-agent'
const READ = /the credentials are for cluster/
const BOB = ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups']

/** An installation from files of an unprivileged user: the user cannot write to anything that root runs or reads afterwards. */
export async function noPrivilegeEscalation(node: Node, install: readonly string[]): Promise<void> {
  const [agent = '', , creds = '', , passphrase = ''] = install
  await execOk(node, ['install', '-d', '-o', '1000', '-g', '1000', '/home/bob'])
  await execOk(node, ['install', '-o', '1000', '-g', '1000', '-m', '755', agent, '/home/bob/agent'])
  const before = await sumOf(node, agent)

  // As an earlier version of the agent left it.
  await execOk(node, ['ln', '-f', '/home/bob/agent', INSTALLED])
  assert.equal((await stat(node, INSTALLED)).trim(), '1000:1000 2 755')
  const repaired = await exec(node, ['/home/bob/agent', ...install.slice(1)], { timeoutMs: 120_000 })
  assert.equal(repaired.code, 0, repaired.stderr + repaired.stdout)
  assert.equal((await stat(node, INSTALLED)).trim(), '0:0 1 755')
  await execOk(node, [...BOB, 'sh', '-c', 'echo changed >> /home/bob/agent'])
  assert.equal(await sumOf(node, INSTALLED), before, 'a change of the user to the file changed what root runs')
  const his = await exec(node, [...BOB, 'sh', '-c', `echo changed >> ${INSTALLED}`])
  assert.notEqual(his.code, 0, 'the user can write to what root runs')

  await execOk(node, ['install', '-o', '1000', '-m', '600', creds, '/home/bob/own.pem'])
  await execOk(node, ['install', '-m', '600', creds, '/home/bob/root.pem'])
  await execOk(node, ['install', '-o', '1000', '-m', '600', creds, '/tmp/own.pem'])
  await execOk(node, ['ln', '-s', creds, '/root/link.pem'])
  await execOk(node, ['mkfifo', '-m', '600', '/root/pipe.pem'])
  // The name of another cluster is refused right after the credentials are read, so the prechecks do not run each time.
  const read = (file: string, before: readonly string[] = []) =>
    exec(node, [...before, agent, '--creds-file', file, '--passphrase-file', passphrase, '--cluster-name', 'other'])
  for (const [file, says] of [
    ['/tmp/own.pem', /belongs to user 1000/],
    ['/home/bob/root.pem', /could be replaced by another user.*\/home\/bob belongs to user 1000/],
    ['/root/link.pem', /is a link to /],
    ['/root/pipe.pem', /expected a regular file/],
  ] as const) {
    const refused = await read(file)
    assert.equal(refused.code, 2, `${file}: ${refused.stderr}${refused.stdout}`)
    assert.match(refused.stderr, says)
    const fix = /install -m 600 .*$/m.exec(refused.stderr)?.[0]
    if (!fix) continue
    await execOk(node, ['sh', '-c', fix])
    const safe = `/root/${basename(file)}`
    assert.match((await read(safe)).stderr, READ, `after the fix for ${file}`)
    await execOk(node, ['rm', safe])
  }
  const sudo = ['env', 'SUDO_UID=1000', 'SUDO_GID=1000']
  assert.match((await read('/home/bob/own.pem', sudo)).stderr, READ, 'run by sudo')
  await execOk(node, ['rm', '-r', '/home/bob', '/tmp/own.pem', '/root/link.pem', '/root/pipe.pem'])
}

/** On a node that is READY: only root can write to the executables that Cantrip installed, and downloads are removed. */
export async function onlyRootCanWrite(node: Node): Promise<void> {
  const open = [
    '(',
    '!',
    '-user',
    'root',
    '-o',
    '!',
    '-group',
    'root',
    '-o',
    '-links',
    '+1',
    '-o',
    '-perm',
    '/022',
    ')',
  ]
  const programs = await execOk(node, [
    'find',
    '/usr/local/bin',
    '/usr/local/lib/cantrip',
    '/opt/cni/bin',
    '-type',
    'f',
    ...open,
  ])
  assert.equal(programs, '', 'another user could write to what root runs')
  const fetched = await execOk(node, ['find', '/var/lib/cantrip/bundle', '-type', 'f', '-size', '+1024k'])
  assert.equal(fetched, '', 'files of the bundle left behind')
}

const stat = (node: Node, path: string) => execOk(node, ['stat', '-c', '%u:%g %h %a', path])
const sumOf = async (node: Node, path: string) => (await execOk(node, ['sha256sum', path])).split(' ')[0]
