import { AgentError } from '../base/agent-error.ts'
import { type OperatorReport, operatorRoutes } from '../protocol/api/operators.ts'
import { withoutDetails } from './cluster-state.ts'
import { type Identity, ofFirstController } from './first-controller.ts'

/** Sends the report to the first controller that accepts it; throws the last error if none does. */
export async function sendReport(identity: Identity, report: OperatorReport, signal: AbortSignal): Promise<void> {
  await ofFirstController(identity, signal, async (askIt) => {
    try {
      await askIt(operatorRoutes.report, { body: report })
    } catch (error) {
      // A controller of an earlier version refuses a report with unknown fields.
      const isUnknown = error instanceof AgentError && error.facts.status === 400
      if (!isUnknown) throw error
      await askIt(operatorRoutes.report, { body: withoutDetails(report) })
    }
  })
}
