/** A notice number as it is printed: in groups of four. */
export function groupedNotice(noticeNumber: string): string {
  return noticeNumber.replace(/(\d{4})(?=\d)/g, '$1 ');
}
