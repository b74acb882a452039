import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'

const INSTALLED = '/usr/local/bin/cantrip-agent'
const READ = /the credentials are for cluster/
const BOB = ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups']

/** An unprivileged user starts from files of his own; nothing that root runs or reads afterwards is his to write. */
export async function localRoot(node: Node, install: readonly string[]): Promise<void> {
  const [agent = '', , creds = '', , passphrase = ''] = install
  await execOk(node, ['install', '-d', '-o', '1000', '-g', '1000', '/home/bob'])
  await execOk(node, ['install', '-o', '1000', '-g', '1000', '-m', '755', agent, '/home/bob/agent'])
  const before = await sumOf(node, agent)

  // As an agent of before left it.
  await execOk(node, ['ln', '-f', '/home/bob/agent', INSTALLED])
  assert.equal((await stat(node, INSTALLED)).trim(), '1000:1000 2 755')
  const mended = await exec(node, ['/home/bob/agent', ...install.slice(1)], { timeoutMs: 120_000 })
  assert.equal(mended.code, 0, mended.stderr + mended.stdout)
  assert.equal((await stat(node, INSTALLED)).trim(), '0:0 1 755')
  await execOk(node, [...BOB, 'sh', '-c', 'echo changed >> /home/bob/agent'])
  assert.equal(await sumOf(node, INSTALLED), before, 'what root runs changed with the file of bob')
  const his = await exec(node, [...BOB, 'sh', '-c', `echo changed >> ${INSTALLED}`])
  assert.notEqual(his.code, 0, 'bob can write what root runs')

  await execOk(node, ['install', '-o', '1000', '-m', '600', creds, '/home/bob/own.pem'])
  await execOk(node, ['install', '-m', '600', creds, '/home/bob/root.pem'])
  await execOk(node, ['install', '-o', '1000', '-m', '600', creds, '/tmp/own.pem'])
  await execOk(node, ['ln', '-s', creds, '/root/link.pem'])
  await execOk(node, ['mkfifo', '-m', '600', '/root/pipe.pem'])
  // Another cluster's name is refused as soon as the credentials are read: the prechecks need not run each time.
  const read = (file: string, before: readonly string[] = []) =>
    exec(node, [...before, agent, '--creds-file', file, '--passphrase-file', passphrase, '--cluster-name', 'other'])
  for (const [file, says] of [
    ['/tmp/own.pem', /belongs to user 1000/],
    ['/home/bob/root.pem', /could be swapped.*\/home\/bob belongs to user 1000/],
    ['/root/link.pem', /is a link to /],
    ['/root/pipe.pem', /wanted a regular file/],
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
  assert.match((await read('/home/bob/own.pem', sudo)).stderr, READ, 'bob calls sudo')
  await execOk(node, ['rm', '-r', '/home/bob', '/tmp/own.pem', '/root/link.pem', '/root/pipe.pem'])
}

/** On a node that is READY: everything that we put there to be run is root's alone, and what was only fetched is gone. */
export async function onlyRootWrites(node: Node): Promise<void> {
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
  assert.equal(programs, '', 'somebody else could write what root runs')
  const fetched = await execOk(node, ['find', '/var/lib/cantrip/bundle', '-type', 'f', '-size', '+1024k'])
  assert.equal(fetched, '', 'files of the bundle stayed')
}

const stat = (node: Node, path: string) => execOk(node, ['stat', '-c', '%u:%g %h %a', path])
const sumOf = async (node: Node, path: string) => (await execOk(node, ['sha256sum', path])).split(' ')[0]
