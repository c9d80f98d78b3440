// Adds a button to each command, which copies it. Without this script, the user selects the command.
'use strict';
if (navigator.clipboard) {
  for (const command of document.querySelectorAll('pre[data-copy]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', 'Copy: ' + (command.getAttribute('aria-label') || 'the command'));
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(command.textContent);
        button.textContent = 'Copied';
      } catch {
        button.textContent = 'Not allowed';
      }
    });
    command.before(button);
  }
}
