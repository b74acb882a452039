import type { Command } from 'commander'
import type { ProxyOptions } from '../../../agent/install/proxy.ts'
import { AgentError } from '../../../base/agent-error.ts'
import type { NodeOptions } from '../../../protocol/api/identities/node-options.ts'
import { collect } from '../../kit/collect.ts'

export interface NodeOptionFlags extends ProxyOptions {
  registryLogin?: string[]
}

/** What NAME.pem carries, so that one command installs the agent: the options of `agent install` of the same names. */
export function addNodeOptions(command: Command): Command {
  return command
    .option('--proxy <url>', 'HTTP proxy between nodes and the controller, for NAME.pem: http://[user@]host:port')
    .option('--proxy-password-file <file>', 'file with its password; NAME.pem has it encrypted')
    .option('--tls-terminating-proxy', 'it ends TLS itself (TLS inspection); without --proxy, a transparent one')
    .option(
      '--registry-login <host=file>',
      'file with USER:PASSWORD for a mirror, a registry, or the proxy of containerd, encrypted in NAME.pem; repeatable',
      collect,
    )
}

/** Reads the files on this machine, which the controller does not get. Undefined without options. */
export async function nodeOptionsOf(flags: NodeOptionFlags): Promise<NodeOptions | undefined> {
  const [{ linuxHostView }, { proxyOf }, { registryLoginsOf }, { MOST_NODE_OPTION_BYTES, NodeOptions }] =
    await Promise.all([
      import('../../../host/linux/host-view.ts'),
      import('../../../agent/install/proxy.ts'),
      import('../../../agent/install/registry-logins.ts'),
      import('../../../protocol/api/identities/node-options.ts'),
    ])
  const view = linuxHostView()
  const proxy = await proxyOf(flags, { view })
  const logins = Object.entries(await registryLoginsOf(flags.registryLogin ?? [], view))
  if (proxy === undefined && logins.length === 0) return undefined
  const registryLogins = Object.fromEntries(logins.map(([host, login]) => [host, login.reveal()]))
  const options = NodeOptions.parse({
    format: 1,
    ...(proxy && { proxy }),
    ...(logins.length > 0 && { registryLogins }),
  })
  const bytes = Buffer.byteLength(JSON.stringify(options))
  if (bytes <= MOST_NODE_OPTION_BYTES) return options
  const found = `the options for NAME.pem have ${bytes} bytes; wanted at most ${MOST_NODE_OPTION_BYTES}`
  throw new AgentError('usage/registry-login', found, {
    fix: 'omit some of the --registry-login, and pass them on the nodes instead',
    kind: 'invalid',
  })
}

/** The block of NAME.pem. */
export async function nodeOptionsBlock(options: NodeOptions, passphrase: string): Promise<string> {
  const { sealText } = await import('../../../pki/sealing/sealed-text.ts')
  const { NODE_OPTIONS } = await import('../../../protocol/api/identities/node-options.ts')
  return sealText(JSON.stringify(options), passphrase, NODE_OPTIONS)
}
