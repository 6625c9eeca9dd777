/** The commands that look into the state folder, but where their help is meant, or a state folder is named already. */
const commands =
  /\bpawl (?:cancel|events|graph|logs|merge|override|resume|run|show|status|verify)\b(?! --help)(?![^.,;)]* --state\b)/g;

/**
 * The commands in a text, as they are for who named the state folder: one that does not name it would look elsewhere.
 * @param folder as it was named; undefined for the usual one
 */
export function inState(text: string, folder: string | undefined): string {
  if (folder === undefined) {
    return text;
  }
  const quoted = /^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`;
  return text.replace(commands, (command) => `${command} --state ${quoted}`);
}
