import { installStep } from '../../kubernetes/install-step.ts'
import { ownEndpoint } from '../../kubernetes/own-endpoint.ts'
import type { ProvisionComponent } from '../../kubernetes/provision.ts'
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
