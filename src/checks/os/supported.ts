export interface Supported {
  /** ID of os-release(5). */
  id: string
  name: string
  /** Versions by VERSION_ID, both ends included; 8 covers all of 8.x. */
  from: string
  to?: string
  /** Where it differs from OLDEST_KERNEL: a vendor's kernel with what is needed ported back. */
  kernel?: string
}

export const OLDEST_KERNEL = '4.19'
/** With a kernel as new as this, a distribution that is not in the list gets a warning instead of a refusal. */
export const NEW_ENOUGH_KERNEL = '5.4'

const enterprise = { from: '8', to: '10', kernel: '4.18' }

export const SUPPORTED: readonly Supported[] = [
  { id: 'ubuntu', name: 'Ubuntu', from: '20.04', to: '26.04' },
  { id: 'debian', name: 'Debian', from: '11', to: '13' },
  { id: 'rhel', name: 'Red Hat Enterprise Linux', ...enterprise },
  { id: 'rocky', name: 'Rocky Linux', ...enterprise },
  { id: 'almalinux', name: 'AlmaLinux', ...enterprise },
  { id: 'ol', name: 'Oracle Linux', ...enterprise },
  { id: 'centos', name: 'CentOS Stream', ...enterprise },
  { id: 'amzn', name: 'Amazon Linux', from: '2023', to: '2023' },
  { id: 'sles', name: 'SUSE Linux Enterprise Server', from: '15', to: '15' },
  { id: 'flatcar', name: 'Flatcar Container Linux', from: '3510' },
]
