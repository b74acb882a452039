/** The files by which an image boots. `root`: the UUID of its file system, which is also in the boot loader. */

export interface Boot {
  root: string
  /** Shown in the menu. */
  title: string
  /** Paths in the tree. */
  kernel: string
  initrd: string
}

/** Inside the boot loader: it looks for the file system, and goes on with the configuration there. */
export const embeddedConfiguration = ({ root }: Pick<Boot, 'root'>): string =>
  [
    `search --no-floppy --fs-uuid --set=root ${root}`,
    'set prefix=($root)/boot/grub',
    'configfile $prefix/grub.cfg',
    '',
  ].join('\n')

/** The last console is the one on which services write, and is that of clouds and of hypervisors without a screen. */
const CONSOLES = 'console=tty0 console=ttyS0,115200'

export const grubConfiguration = ({ root, title, kernel, initrd }: Boot): string =>
  `# Written by "controller image build". update-grub replaces it, where it is installed.
set default=0
set timeout=1
menuentry '${title.replace(/[^\w .()/-]/g, '')}' {
  linux ${kernel} root=UUID=${root} ro ${CONSOLES}
  initrd ${initrd}
}
`

export const fstab = ({ root }: Pick<Boot, 'root'>): string => `UUID=${root} / ext4 errors=remount-ro 0 1\n`
