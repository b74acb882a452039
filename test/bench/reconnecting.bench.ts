// 5,000 agents that lost their controller come back: CPU time of the controller ÷ that of a bare server of ws with mutual TLS.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Machine } from './fleet.ts'
import { goal, median, report } from './measure.ts'
import { startProgram, type Usage } from './program.ts'
import type { Returned } from './reconnecting/agents.ts'

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '5000' },
    clusters: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
  },
})
const [count, clusters, rounds] = [Number(values.agents), Number(values.clusters), Number(values.rounds)]
const WITHIN_S = 60
const MEGABYTES = 800

interface Measured {
  cpuMs: number
  bytesPerAgent: number
  rssBytes: number
  allMs: number
  lagMs: number
}

const directory = mkdtempSync(join(tmpdir(), 'bench-'))
const programAt = (name: string) => startProgram(new URL(`reconnecting/${name}.ts`, import.meta.url))
try {
  const machines = await prepare()
  const measured: Record<'controller' | 'bare', Measured[]> = {
    controller: [],
    bare: [await measure('bare', machines)],
  }
  for (let round = 0; round < rounds; round++)
    for (const name of ['controller', 'bare'] as const) measured[name].push(await measure(name, machines))
  const middle = (name: keyof typeof measured, field: keyof Measured) =>
    median(measured[name].map((each) => each[field]))
  // The speed of a machine changes within a minute: each is compared with the one before it and the one after it.
  const bareAround = (at: number) => median(measured.bare.slice(at, at + 2).map(({ cpuMs }) => cpuMs))
  const ratio = median(measured.controller.map(({ cpuMs }, at) => cpuMs / bareAround(at)))
  const slowestMs = Math.max(...measured.controller.map(({ allMs }) => allMs))
  const mostBytes = Math.max(...measured.controller.map(({ rssBytes }) => rssBytes))
  goal('all back', slowestMs / 1000, WITHIN_S, 's')
  goal('memory', mostBytes / 1e6, MEGABYTES, 'MB')
  const note = [
    `${count} agents of ${clusters} clusters`,
    `back after ${(slowestMs / 1000).toFixed(1)} s`,
    `${(middle('controller', 'cpuMs') / count).toFixed(2)} ms of CPU time each (bare ${(middle('bare', 'cpuMs') / count).toFixed(2)})`,
    `${(middle('controller', 'bytesPerAgent') / 1000).toFixed(0)} kB each (bare ${(middle('bare', 'bytesPerAgent') / 1000).toFixed(0)})`,
    `${(mostBytes / 1e6).toFixed(0)} MB in all`,
    `event loop P99 ${middle('controller', 'lagMs').toFixed(0)} ms`,
  ]
  report('reconnecting', ratio, 1.3, note.join(', '))
} finally {
  rmSync(directory, { recursive: true })
}

async function prepare(): Promise<Machine[]> {
  const program = programAt('controller')
  try {
    return await program.ask<Machine[]>('createFleet', { dataDirectory: directory, count, clusters })
  } finally {
    await program.end()
  }
}

async function measure(name: 'controller' | 'bare', machines: readonly Machine[]): Promise<Measured> {
  const [server, agents] = [programAt(name), programAt('agents')]
  try {
    const port = await server.ask<number>('start', directory)
    const before = await server.ask<Usage>('usage')
    const { allMs, failures } = await agents.ask<Returned>('connect', { port, machines })
    // What the last ones sent is stored, too.
    await sleep(1_000)
    const { cpuMs, rssBytes, lagMs } = await server.ask<Usage & { lagMs: number }>('usage')
    const bytesPerAgent = (rssBytes - before.rssBytes) / count
    const tries = Object.entries(failures).map(([why, times]) => `, ${times} × ${why}`)
    console.log(
      `${name.padEnd(10)} all back after ${(allMs / 1000).toFixed(1)} s, ${(cpuMs / 1000).toFixed(1)} s of CPU time, ${(bytesPerAgent / 1000).toFixed(0)} kB each, ${(rssBytes / 1e6).toFixed(0)} MB${tries.join('')}`,
    )
    return { cpuMs, bytesPerAgent, rssBytes, allMs, lagMs }
  } finally {
    await Promise.all([server.end(), agents.end()])
  }
}
