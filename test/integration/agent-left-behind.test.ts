import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import type { LogEntry } from '../../src/protocol/api/events.ts'
import { agentOf, askAdmin } from '../support/agent/enrolled.ts'
import { fileText, type Installation, type Service } from '../support/agent/installation.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { showNode } from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

const hierarchy = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup'].find((path) => existsSync(join(path, 'cgroup.procs')))

/** Runs in a cgroup like the one that systemd creates for the service. */
describe.skipIf(process.getuid?.() !== 0 || hierarchy === undefined)(
  'only the process of the run is killed (needs root)',
  () => {
    const outer = join(hierarchy ?? '', `cantrip-test-left-${process.pid}`)
    const group = join(outer, 'cantrip-agent.service')
    const members = () => readFileSync(join(group, 'cgroup.procs'), 'utf8').trim().split('\n').filter(Boolean)
    let dataDirectory: string
    let controller: Controller
    let agent: Installation
    let service: Service
    const details = () => service.output()

    beforeEach(async () => {
      mkdirSync(group, { recursive: true })
      dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
      await importSmallBundle(dataDirectory, Buffer.from('kubelet'))
      const listen = { host: '127.0.0.1', port: 0 }
      controller = await startController({ dataDirectory, listen, heartbeatMs: () => 1_000, tickMs: 600_000 })
      agent = await agentOf(controller, { autoApprove: true })
      service = agent.start()
      writeFileSync(join(group, 'cgroup.procs'), String(service.process.pid))
    })
    afterEach(async () => {
      await waitFor('all of its processes to end', () => {
        for (const pid of members()) process.kill(Number(pid), 'SIGKILL')
        return members().length === 0
      })
      rmdirSync(group)
      rmdirSync(outer)
      await controller.close()
      agent.remove()
      rmSync(dataDirectory, { recursive: true })
    })

    const runs = async (): Promise<LogEntry[]> => (await askAdmin(controller, 'GET', '/v1/events')).events
    const leftBehind = () => fileText(join(agent.root, 'left-behind'))?.trim().split('\n') ?? []

    test('its leftover commands are ended before the next process starts, which completes the run', async () => {
      agent.setWork('1500 leaving')
      const nodeId = await waitFor('the node to be registered', () => agent.status()?.nodeId ?? undefined, { details })
      await waitFor('the facts', async () => (await showNode(controller, nodeId)).facts !== null || undefined, {
        details,
      })
      await askAdmin(controller, 'POST', `/v1/nodes/${nodeId}/configure`, { roles: ['master', 'worker'] })
      await askAdmin(controller, 'POST', '/v1/clusters/demo/provision')
      const worker = await waitFor('the first step', () => fileText(join(agent.root, 'step-1')), { details })
      await waitFor('the second command', () => leftBehind().length === 2 || undefined, { details })
      const orphans = leftBehind()
      expect(members()).toEqual(expect.arrayContaining(orphans))
      // The next process leaves nothing behind, so that all processes in the group are from the first one.
      agent.setWork('0')
      process.kill(Number(worker), 'SIGKILL')
      await waitFor('the work to be done', async () => (await runs()).some(({ event }) => event.kind === 'run-ended'), {
        details,
      })
      expect(members().filter((pid) => orphans.includes(pid))).toEqual([])
      expect(members()).toContain(String(service.process.pid))
      const [killed, swept, started] = ['was killed; restarting it', 'killed run left behind', 'step 2 in process'].map(
        (line) => details().lastIndexOf(line),
      )
      expect([killed, swept, started].every((at) => (at ?? -1) >= 0)).toBe(true)
      expect((killed ?? 0) < (swept ?? 0) && (swept ?? 0) < (started ?? 0)).toBe(true)
    })
  },
)
