import { describe, expect, test } from 'vitest'
import { HEALTHY_HOSTS, healthyHost } from '../../test/support/fixtures/healthy-hosts.ts'
import { OS_RELEASES } from '../../test/support/fixtures/os-release.ts'
import type { CheckParams } from '../engine/checks/check.ts'
import { hardFailures, runChecks } from '../engine/checks/run-checks.ts'
import { checks } from './catalog.generated.ts'

const ownStateDirectory = '/var/lib/cantrip'
const ROLES: CheckParams['roles'][] = [[], ['worker'], ['master', 'worker']]
/** Checks that rightly warn on these hosts. */
const WARNED: Record<string, string[]> = {
  'Ubuntu with systemd-resolved, netplan and snap': ['other-managers'],
}

describe.each(Object.entries(HEALTHY_HOSTS))('%s', (name, healthy) => {
  test.for(ROLES.map((roles) => ({ roles })))('is fit for $roles', async ({ roles }) => {
    const host = healthyHost(healthy)
    const results = await runChecks(checks, host, { roles, ownStateDirectory })
    expect(hardFailures(results)).toEqual([])
    const reported = results.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'skipped')
    expect(reported.map(({ id, verdict }) => [id, verdict])).toEqual((WARNED[name] ?? []).map((id) => [id, 'warn']))
    expect(host.changes).toEqual([])
  })
})

const TOO_OLD = /^(ubuntu-18|debian-10|centos-7|amazon-2$|sles-12|mint)/
const names = Object.keys(OS_RELEASES).filter((name) => !TOO_OLD.test(name)) as (keyof typeof OS_RELEASES)[]

test.each(names)('a fresh %s has no hard failure', async (os) => {
  const results = await runChecks(checks, healthyHost({ os }), { roles: ['master'], ownStateDirectory })
  expect(hardFailures(results)).toEqual([])
})
