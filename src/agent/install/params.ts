import type { AgentConfig } from '../config.ts'
import type { Credentials } from '../credentials.ts'
import type { AgentPaths } from '../paths.ts'

export interface InstallParams {
  paths: AgentPaths
  /** The executable that installs itself. */
  executable: string
  credentials: Pick<Credentials, 'installer' | 'ca'>
  config: AgentConfig
  /** --hostname */
  hostname?: string
}
