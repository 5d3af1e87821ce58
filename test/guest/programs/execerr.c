// SPDX-License-Identifier: MIT
/*
 * execerr FILE...: what execve says to each, or how the program then ended.
 *
 * A line for each: its name and ENOEXEC, ENOENT..., `killed`, or `runs`.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/wait.h>

#include "tap.h"

static const char *outcome(const char *path)
{
	static char word[32];
	char *argv[] = { (char *)path, "one", "two words", NULL };
	char *envp[] = { "HELLO=world", NULL };
	int pipes[2], status, err = 0;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) || (pid = fork()) < 0)
		return "no fork";
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		dup2(null, 2);
		alarm(20);
		execve(path, argv, envp);
		err = errno;
		if (write(pipes[1], &err, sizeof(err)) < 0)
			_exit(98);
		_exit(99);
	}
	close(pipes[1]);
	if (read(pipes[0], &err, sizeof(err)) != sizeof(err))
		err = 0;
	close(pipes[0]);
	waitpid(pid, &status, 0);
	if (err) {
		snprintf(word, sizeof(word), "%s", strerrorname_np(err));
		return word;
	}
	return WIFSIGNALED(status) ? "killed" : "runs";
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("%s %s\n", strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i],
		       outcome(argv[i]));
	return 0;
}
