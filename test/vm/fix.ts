import assert from 'node:assert/strict'
import { exec, execOk } from '../support/vm/guest.ts'
import { waitFor } from '../support/wait-for.ts'
import { agent, FRESH, paste, type Scene, startFrom, UNINSTALL_MS } from './scene.ts'

const FIXED = ['firewalld', 'swap', 'sysctl']
const SWAP_ON =
  'dd if=/dev/zero of=/swap bs=1M count=32 status=none && chmod 600 /swap && mkswap -q /swap && swapon /swap && echo "/swap none swap sw 0 0" >> /etc/fstab'
/** Prints the state of everything that is fixed here. */
const LOOK =
  'cat /etc/fstab; swapon --show=NAME --noheadings; sysctl fs.inotify.max_user_instances; ls /etc/sysctl.d; firewall-cmd --list-all-zones; firewall-cmd --permanent --list-all-zones'

/** `--fix` on a machine with its own kernel opens ports of firewalld, disables swap and sets parameters. Uninstall reverts it. */
export async function fixesAreReverted(scene: Scene): Promise<void> {
  const { guest, signal } = await withTroubles(scene)
  const running = async () => (await exec(guest, ['firewall-cmd', '--state'])).code === 0
  await waitFor('firewalld', async () => ((await running()) ? true : undefined), { withinMs: 60_000, signal })
  const before = await paste(scene, LOOK)

  const fix = await agent(scene, ['precheck', '--role', 'master', '--fix', '--yes', '-o', 'json'])
  const { checks, mended } = JSON.parse(fix.stdout)
  assert.deepEqual(
    mended.map(({ id }: { id: string }) => id),
    FIXED.map((id) => `mend/${id}`),
    fix.stderr + fix.stdout,
  )
  const of = (id: string) => checks.find((check: { id: string }) => check.id === id)
  for (const id of FIXED) assert.equal(of(id).verdict, 'pass', `${id}: ${of(id).found}`)
  assert.equal((await paste(scene, 'swapon --show=NAME --noheadings')).trim(), '')
  await execOk(guest, ['firewall-cmd', '--reload'])
  const ports = await paste(scene, 'firewall-cmd --list-ports')
  assert.match(ports, /6443\/tcp/, 'ports are closed after a reload')

  const { code, stdout, stderr } = await agent(scene, ['--uninstall', '--yes'], UNINSTALL_MS)
  assert.equal(code, 0, stderr + stdout)
  assert.match(stdout, /host restored: 0 differences\s*$/)
  assert.equal(await paste(scene, LOOK), before)
}

async function withTroubles(scene: Scene): Promise<Scene> {
  await startFrom(scene, FRESH)
  await execOk(scene.guest, ['systemctl', 'start', 'firewalld'])
  await paste(scene, SWAP_ON)
  return scene
}
