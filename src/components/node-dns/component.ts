import { ownEndpoint } from '../../provision/api/own-endpoint.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { comeFirst, configure, startServices } from './steps.ts'

/** The API's name leads to a healthy master. With one master, or a load balancer, there is nothing to do. */
export const nodeDns: ProvisionComponent = {
  id: 'node-dns',
  after: [],
  steps: (params) =>
    ownEndpoint(params) === undefined
      ? []
      : [
          installStep('node-dns/install-binaries', 'Installing CoreDNS', 'binary', ['coredns']),
          configure,
          startServices,
          comeFirst,
        ],
}
