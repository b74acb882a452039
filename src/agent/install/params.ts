import type { AgentConfig } from '../config.ts'
import type { Credentials } from '../identity/credentials.ts'
import type { AgentPaths } from '../paths.ts'

export interface InstallParams {
  paths: AgentPaths
  /** The executable that installs itself; a symbolic link is followed. */
  executable: string
  credentials: Pick<Credentials, 'installer' | 'ca'>
  config: AgentConfig
  /** --hostname */
  hostname?: string
}
