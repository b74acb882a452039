import type { HasOidc } from './access/oidc/oidc.ts'
import type { Rotation } from './access/rotation.ts'
import type { Ingesting } from './live/ingest.ts'
import type {
  HasAgentFiles,
  HasAgentReleases,
  HasAudit,
  HasBrowserOrigin,
  HasConsole,
  HasExpiries,
  HasImages,
  HasLateRenewals,
  HasPieces,
  HasPrecondition,
  HasPublicUrls,
} from './ports.ts'

/** All dependencies, as start.ts creates them; the API passes them on. */
export type Services = Ingesting &
  HasAgentFiles &
  HasAgentReleases &
  HasImages &
  HasExpiries &
  HasLateRenewals &
  HasOidc &
  HasPieces &
  HasPublicUrls &
  HasBrowserOrigin &
  HasConsole &
  HasAudit &
  HasPrecondition & { rotation: Rotation }
