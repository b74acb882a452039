import { version } from '../../../base/version.ts'
import type { Listen } from '../../api/addresses.ts'
import type { Meter } from '../meter.ts'
import { type Answers, listenForMetrics } from './listen.ts'
import { openMeter } from './meter.ts'
import { type Observed, openStateGauges } from './state.ts'

export interface Metrics {
  meter: Meter
  /** `problems`: why the controller cannot take requests. */
  serve(ports: Observed, order: { adminFile: string } & Pick<Answers, 'problems'>): Promise<{ close(): Promise<void> }>
}

/** Loaded only if metrics are served. */
export function openMetrics(listen: Listen, dataDirectory: string): Metrics {
  const { registry, meter } = openMeter(version, dataDirectory)
  return {
    meter,
    serve(ports, { adminFile, problems }) {
      const readState = openStateGauges([registry], ports, adminFile)
      return listenForMetrics(listen, {
        problems,
        async metrics() {
          await readState()
          return { type: registry.contentType, text: await registry.metrics() }
        },
      })
    },
  }
}
