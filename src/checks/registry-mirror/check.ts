import { command } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { originOf, registryProblem } from '../../host/network/registry-probe.ts'
import { systemCas } from '../../host/network/system-cas.ts'
import { STAGE_NAMES } from '../../host/network.ts'
import { type Broken, configuredMirrors, type Mirror } from './mirrors.ts'

const TIMEOUT_MS = 8_000

export const check: Check = {
  id: 'registry-mirror',
  title: 'Registry mirrors',
  hard: false,
  why: 'The images of the cluster come with its bundle. containerd pulls all other images from its configured mirrors, so each must answer as a registry, with a certificate that its CA file verifies, and accept the configured headers. containerd ignores a hosts.toml with a mistake, without a message, and asks the registry itself.',
  remedy: 'Correct the mirror, its CA file or its headers in /etc/containerd/certs.d.',
  thresholds: [{ of: 'answer of a mirror', warn: `no answer within ${TIMEOUT_MS / 1_000} s` }],
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const { mirrors, broken } = await configuredMirrors(host)
    if (mirrors.length === 0 && broken.length === 0) return { kind: 'pass', found: 'none' }
    const asked = await Promise.all(mirrors.map((mirror) => problemOf(host, mirror)))
    const wrong = [...broken.map(ignored), ...asked.filter((each) => each !== undefined)]
    if (wrong.length === 0)
      return { kind: 'pass', found: `${mirrors.map(({ url }) => originOf(url)).join(', ')} answers` }
    return {
      kind: 'warn',
      found: wrong.map(({ found }) => found).join('; '),
      wanted: 'a mirror that answers as a registry, with a certificate of its CA',
      fix: [...new Set(wrong.map(({ fix }) => fix))].join('; '),
    }
  },
}

type Wrong = { found: string; fix: string }

/** The agent writes a file from the settings of the cluster again, so a correction of the file would not last. */
const WRITE_AGAIN = 'on the controller: controller cluster provision CLUSTER'

function ignored({ file, problem, isFromSettings }: Broken): Wrong {
  return { found: `containerd ignores ${file}: ${problem}`, fix: isFromSettings ? WRITE_AGAIN : `correct ${file}` }
}

async function problemOf(host: HostView, mirror: Mirror): Promise<Wrong | undefined> {
  const { url, file, isFromSettings } = mirror
  if (originOf(url) === undefined)
    return { found: `an address in ${file} is invalid`, fix: `correct [host."…"] in ${file}` }
  const ca = await trusted(host, mirror)
  if (typeof ca !== 'string') return ca
  const problem = await registryProblem(host.network, mirror, { ca, timeoutMs: TIMEOUT_MS })
  if (problem === undefined) return undefined
  const { at, stage, status, found } = problem
  const text = stage === undefined ? found : `${at}: ${STAGE_NAMES[stage]} failed: ${found}`
  const name = URL.parse(at)?.host
  if (stage === 'tls') {
    const fix = isFromSettings
      ? `on the controller: controller cluster set CLUSTER registryCa.${name}=@FILE`
      : `set the CA of the mirror in ${file}: ca = "FILE"`
    return { found: text, fix }
  }
  if (status === 401 || status === 403) {
    const fix = isFromSettings
      ? `run the agent again with all its options and --registry-login ${name}=FILE; then ${WRITE_AGAIN}`
      : `correct the header Authorization in ${file}`
    return { found: text, fix }
  }
  return { found: text, fix: `see: ${command`curl -v ${`${at}/v2/`}`}` }
}

async function trusted(host: HostView, { ca, file, isFromSettings }: Mirror): Promise<string | Wrong> {
  const directory = file.slice(0, file.lastIndexOf('/'))
  const paths = ca.map((path) => (path.startsWith('/') ? path : `${directory}/${path}`))
  const [own, system] = await Promise.all([Promise.all(paths.map((path) => host.read(path))), systemCas(host)])
  const missing = paths.filter((_, i) => own[i] === undefined)
  if (missing.length > 0)
    return {
      found: `${file} names ${missing.join(', ')}, which does not exist`,
      fix: isFromSettings ? WRITE_AGAIN : `copy the CA of the mirror to ${missing[0]}`,
    }
  return [...own, system].filter((text) => text !== '').join('\n')
}
