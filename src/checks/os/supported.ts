export interface Supported {
  /** ID of os-release(5). */
  id: string
  name: string
  /** Versions by VERSION_ID, both ends included; 8 covers all of 8.x. */
  from: string
  to?: string
  /** Replaces OLDEST_KERNEL for a vendor's kernel with backports of the needed features. */
  kernel?: string
}

export const OLDEST_KERNEL = '4.19'
/** With this kernel or a newer one, a distribution that is not in the list is a warning instead of a failure. */
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
