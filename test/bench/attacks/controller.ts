/** The controller that is attacked, with 200 nodes that are not connected, in a process of its own. */
import { type Controller, startController } from '../../../src/controller/start.ts'
import { buildCsr } from '../../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../../src/pki/key.ts'
import { importSmallBundle } from '../../support/controller/bundle.ts'
import { call, createCluster } from '../../support/controller/client.ts'
import { createFleet, type Machine } from '../fleet.ts'
import { answerCalls, usageMeter } from '../program.ts'
import type { Scene } from './scene.ts'

const NODES = 200
const FILE_BYTES = 64 * 1024 * 1024

let controller: Controller
const usage = usageMeter()
let highestBytes = 0
setInterval(() => {
  highestBytes = Math.max(highestBytes, process.memoryUsage.rss())
}, 50)

answerCalls({
  async start(dataDirectory: string): Promise<Scene> {
    const machines = await createFleet(dataDirectory, NODES, 2)
    const { manifestSha256 } = await importSmallBundle(dataDirectory, Buffer.alloc(FILE_BYTES))
    controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })
    const { port, url } = controller
    const [master, healthy, attacker] = machines as [Machine, Machine, Machine]
    const installer = await createCluster(controller, 'another')
    const csr = () => {
      const { privateKey } = createKeyPair()
      return { privateKey, text: buildCsr(privateKey, 'any') }
    }
    const own = csr()
    const issued = await call(url, master, 'POST', '/v1/operator/certificate', { csr: own.text })
    if (issued.status !== 200) throw new Error(issued.text)
    const machine = { csr: csr().text, nodeName: 'pending', address: '10.0.0.9' }
    const pending = await call(url, installer, 'POST', '/v1/enrol', machine)
    return {
      ...{ port, attacker, healthy, installer, pending: pending.json.fingerprint },
      operator: { ca: master.ca, cert: issued.json.certificate, key: keyToPem(own.privateKey) },
      file: `/v1/bundles/${manifestSha256}/bin/kubelet`,
    }
  },
  /** Since the last call. */
  usage() {
    const highest = highestBytes
    highestBytes = 0
    return { ...usage(), highestBytes: highest }
  },
  stop: () => controller.close(),
})
