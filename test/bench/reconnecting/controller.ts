/** The controller under load, in a process of its own. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Controller, startController } from '../../../src/controller/start.ts'
import { createFleet } from '../fleet.ts'
import { answerCalls, usageMeter } from '../program.ts'

let controller: Controller
const usage = usageMeter()
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()

answerCalls({
  createFleet: ({ dataDirectory, count, clusters }: { dataDirectory: string; count: number; clusters: number }) =>
    createFleet(dataDirectory, count, clusters),
  async start(dataDirectory: string) {
    controller = await startController({
      dataDirectory,
      listen: { host: '127.0.0.1', port: 0 },
      log: process.env.LOG ? console.log : () => undefined,
    })
    return controller.port
  },
  usage() {
    const lagMs = delay.percentile(99) / 1e6
    delay.reset()
    return { ...usage(), lagMs }
  },
  stop: () => controller.close(),
})
