// What a healthy client notices while others take what they can: P99 of its requests during each attack ÷ P99 just before.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { call } from '../support/controller/client.ts'
import { ATTACKS } from './attacks/attacks.ts'
import type { Scene, Tally } from './attacks/scene.ts'
import { goal, median, report } from './measure.ts'
import { startProgram } from './program.ts'

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
  },
  allowPositionals: true,
})
const attackMs = Number(values.seconds) * 1_000
const rounds = Number(values.rounds)
const MEGABYTES = 800
const EVERY_MS = 20
/** Between the attacks: connections of the last one end. */
const REST_MS = 1_000

interface Measured {
  ratio: number
  bytes: number
}

const directory = mkdtempSync(join(tmpdir(), 'bench-'))
const programAt = (name: string) => startProgram(new URL(`attacks/${name}.ts`, import.meta.url))
const controller = programAt('controller')
try {
  const scene = await controller.ask<Scene>('start', directory)
  const wanted = Object.keys(ATTACKS).filter((name) => positionals.every((part) => name.includes(part)))
  const measured = new Map<string, Measured[]>(wanted.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const name of wanted) measured.get(name)?.push(await measure(scene, name))
  const ratios = [...measured].map(([name, all]) => ({ name, ratio: median(all.map(({ ratio }) => ratio)) }))
  const mostBytes = Math.max(...[...measured.values()].flat().map(({ bytes }) => bytes))
  goal('memory', mostBytes / 1e6, MEGABYTES, 'MB')
  const note = ratios.map(({ name, ratio }) => `${name} (${ratio.toFixed(1)})`).join(', ')
  const worst = Math.max(...ratios.map(({ ratio }) => ratio))
  report('attacks', worst, 3, `controller at most ${(mostBytes / 1e6).toFixed(0)} MB; ${note}`)
} finally {
  await controller.end()
  rmSync(directory, { recursive: true })
}

async function measure(scene: Scene, name: string): Promise<Measured> {
  const attacker = programAt('attacker')
  try {
    // Its start would disturb the measurement.
    await attacker.ask('begin')
    const idle = await ping(scene, attackMs / 2)
    await controller.ask('usage')
    const [times, tally] = await Promise.all([
      ping(scene, attackMs),
      attacker.ask<Tally>('attack', { name, scene, ms: attackMs }),
    ])
    const { cpuMs, highestBytes } = await controller.ask<{ cpuMs: number; highestBytes: number }>('usage')
    const ratio = p99(times) / p99(idle)
    const did = Object.entries(tally).map(([what, times]) => `${times} ${what}`)
    console.log(
      `${name}: P99 ${p99(idle).toFixed(0)} to ${p99(times).toFixed(0)} ms (${ratio.toFixed(1)}), ${((100 * cpuMs) / attackMs).toFixed(0)} % CPU, ${(highestBytes / 1e6).toFixed(0)} MB; ${did.join(', ')}`,
    )
    return { ratio, bytes: highestBytes }
  } finally {
    await attacker.end()
    await sleep(REST_MS)
  }
}

/** Milliseconds of each request of a healthy client, each on a new connection. Throws if one is not answered. */
async function ping({ port, healthy }: Scene, ms: number): Promise<number[]> {
  const times: number[] = []
  for (const endsMs = performance.now() + ms; performance.now() < endsMs; await sleep(EVERY_MS)) {
    const startedMs = performance.now()
    const { status } = await call(`https://127.0.0.1:${port}`, healthy, 'GET', '/v1/ping')
    if (status !== 200) throw new Error(`a healthy client got ${status}`)
    times.push(performance.now() - startedMs)
  }
  return times
}

function p99(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.ceil(0.99 * times.length) - 1] ?? Number.NaN
}
