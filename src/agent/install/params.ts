import type { Secret } from '../../base/text/secret.ts'
import type { AgentConfig } from '../config.ts'
import type { Credentials } from '../identity/credentials.ts'
import type { AgentPaths } from '../paths.ts'

export interface InstallParams {
  paths: AgentPaths
  /** The executable that installs itself; a symbolic link is followed. */
  executable: string
  credentials: Pick<Credentials, 'installer' | 'ca'>
  config: AgentConfig
  /** --registry-login, by host. */
  registryLogins?: Readonly<Record<string, Secret>>
  /** --hostname */
  hostname?: string
}
