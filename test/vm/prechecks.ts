/** The prechecks on an emulated machine, with its own kernel, cgroup v2, a clock that can be set, and a real firewalld. */
import assert from 'node:assert/strict'
import { exec, execOk } from '../support/vm/guest.ts'
import { waitFor } from '../support/wait-for.ts'
import { agent, FRESH, paste, type Scene, startFrom } from './scene.ts'

interface Found {
  readonly id: string
  readonly verdict: string
  readonly found: string
  readonly fix: string | null
}

/** Measures the emulated disk, so its verdict may vary. */
const MEASURES_THE_HOST = 'etcd-disk'
/** Defaults of Debian: few inotify watches, and a systemd-networkd that removes foreign routing rules. */
const SHIPPED = ['other-managers', 'sysctl']

/** All checks pass except two about defaults of Debian, and these pass after their printed fixes. */
export async function healthy(scene: Scene): Promise<void> {
  const checks = await precheck(scene)
  assertOnly(checks, SHIPPED)
  assert.match(the(checks, 'cgroup').found, /^version 2 with .*cpuset.*hugetlb/)
  assert.match(the(checks, 'kernel-modules').found, /br_netfilter.* can be loaded/)
  assert.match(the(checks, 'ntp').found, /^systemd-timesyncd /)
  for (const id of SHIPPED) await paste(scene, the(checks, id).fix)
  assertOnly(await precheck(scene), [])
  assert.equal(
    await execOk(scene.guest, ['sh', '-c', 'lsmod | grep -c br_netfilter; true']),
    '0\n',
    'a check loaded a module',
  )
}

/** Only the matching check reports each fault, and its printed fix removes the fault. */
export async function troubles(scene: Scene): Promise<void> {
  const fixed = async (trouble: string, id: string, verdict: string, found: RegExp) => {
    await startFrom(scene, FRESH)
    await paste(scene, trouble)
    const checks = await precheck(scene)
    assertOnly(checks, [...SHIPPED, id], trouble)
    assert.equal(the(checks, id).verdict, verdict)
    assert.match(the(checks, id).found, found)
    await paste(scene, the(checks, id).fix)
    assertOnly(await precheck(scene), SHIPPED, `after: ${the(checks, id).fix}`)
  }
  const swapOn =
    'dd if=/dev/zero of=/swap bs=1M count=32 status=none && chmod 600 /swap && mkswap -q /swap && swapon /swap'
  await fixed(swapOn, 'swap', 'warn', /on: \/swap \(32 MiB\)/)
  const forbid = 'echo "install br_netfilter /bin/false" > /etc/modprobe.d/forbidden.conf'
  await fixed(
    forbid,
    'kernel-modules',
    'fail',
    /br_netfilter is not allowed to load: \/etc\/modprobe\.d\/forbidden\.conf/,
  )
}

/** With the default configuration of firewalld the check names the closed ports, and its fix outlives a reload. Without firewalld it passes. */
export async function firewall(scene: Scene): Promise<void> {
  await startFrom(scene, FRESH)
  await execOk(scene.guest, ['systemctl', 'start', 'firewalld'])
  await firewallIsUp(scene)
  const closed = the(await precheck(scene), 'firewalld')
  assert.equal(closed.verdict, 'fail')
  for (const port of ['6443/tcp', '2379/tcp', '2380/tcp', '10250/tcp', '8472/udp']) assert(closed.found.includes(port))

  await paste(scene, closed.fix)
  await firewallIsUp(scene)
  const open = await precheck(scene)
  assertOnly(open, SHIPPED)
  assert.match(the(open, 'firewalld').found, /allows traffic of the cluster/)

  await execOk(scene.guest, ['systemctl', 'stop', 'firewalld'])
  const off = await precheck(scene)
  assertOnly(off, SHIPPED)
  assert.equal(the(off, 'firewalld').found, 'not active')
}

/** The clock is 10 s ahead of the controller. The check fails, and passes after its fix. */
export async function wrongClock(scene: Scene): Promise<void> {
  await startFrom(scene, FRESH)
  const credentials = scene.install.slice(1)
  const right = await precheck(scene, credentials)
  assertOnly(right, SHIPPED)
  assert.equal(the(right, 'controller').verdict, 'pass')

  await paste(scene, 'timedatectl set-ntp false && date --set "10 seconds"')
  const wrong = the(await precheck(scene, credentials), 'time-skew')
  assert.equal(wrong.verdict, 'fail')
  assert.match(wrong.found, /^(9\.\d+|10\.\d+|10) s .*ahead of the controller/)

  await paste(scene, 'timedatectl set-ntp true')
  const synchronised = async () =>
    (await paste(scene, 'timedatectl show --property=NTPSynchronized --value')).trim() === 'yes'
  await waitFor('synchronised clock', async () => ((await synchronised()) ? true : undefined), {
    withinMs: 60_000,
    signal: scene.signal,
  })
  assertOnly(await precheck(scene, credentials), SHIPPED)
}

/** Runs every check of a master. */
async function precheck(scene: Scene, flags: readonly string[] = []): Promise<readonly Found[]> {
  const { code, stdout, stderr } = await agent(scene, ['precheck', '--role', 'master', ...flags, '-o', 'json'])
  assert.match(stdout, /^\{/, stderr)
  const { checks, hardFailures } = JSON.parse(stdout) as { checks: Found[]; hardFailures: number }
  assert.equal(code, hardFailures > 0 ? 3 : 0)
  return checks
}

function the(checks: readonly Found[], id: string): Found & { fix: string } {
  const found = checks.find((check) => check.id === id)
  assert(found, `there is a check '${id}'`)
  return { ...found, fix: found.fix ?? '' }
}

/** Fails unless exactly these checks complain. */
function assertOnly(checks: readonly Found[], ids: readonly string[], when = ''): void {
  const complaints = checks
    .filter(({ verdict }) => !['pass', 'skipped'].includes(verdict))
    .filter(({ id }) => id !== MEASURES_THE_HOST)
  const said = complaints.map(({ id, verdict, found }) => `${verdict} ${id}: ${found}`)
  assert.deepEqual(complaints.map(({ id }) => id).sort(), [...ids].sort(), [when, ...said].join('\n'))
}

/** systemctl start and a reload return before the rules are loaded. */
async function firewallIsUp({ guest, signal }: Scene): Promise<void> {
  const running = async () => (await exec(guest, ['firewall-cmd', '--state'])).code === 0
  await waitFor('firewalld', async () => ((await running()) ? true : undefined), { withinMs: 60_000, signal })
}
