import { AgentError } from '../../../src/base/agent-error.ts'
import type { FakeMachine } from '../../support/fake-machine.ts'

const PKI = '/etc/kubernetes/pki'
const PAIRS = ['ca', 'apiserver', 'apiserver-kubelet-client', 'front-proxy-ca', 'front-proxy-client']

/** Like the real kubeadm: it uses existing files, and rejects a certificate or key whose counterpart is missing or truncated. */
export function refuseHalfPairs(machine: FakeMachine): void {
  const { execute, files } = machine
  const state = (path: string) => {
    const text = files.bytes(path)?.toString()
    return text === undefined ? 'missing' : text.includes('-----END') ? 'whole' : 'damaged'
  }
  machine.execute = (argv, options) => {
    const isCerts = argv[0]?.endsWith('/kubeadm') && argv.includes('certs')
    const half = PAIRS.find((name) => {
      const states = new Set(['crt', 'key'].map((extension) => state(`${PKI}/${name}.${extension}`)))
      return states.size > 1 || states.has('damaged')
    })
    if (!isCerts || half === undefined) return execute(argv, options)
    const fix = `rm ${PKI}/${half}.*`
    return Promise.reject(new AgentError('command/failed', `kubeadm: ${PKI}/${half}.crt is not valid`, { fix }))
  }
}
