import { OPERATOR_PKI } from '../../provision/paths.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { applyOperator } from './steps.ts'

/** Only on the master that has the operator's certificate. */
export const operatorRenewal: ProvisionComponent = {
  id: 'operator',
  after: ['operator-certificate', 'api-server'],
  steps: () => [
    {
      ...applyOperator,
      isDone: async (host, params) =>
        (await host.stat(`${OPERATOR_PKI}/tls.crt`)) === undefined || applyOperator.isDone(host, params),
    },
  ],
}
