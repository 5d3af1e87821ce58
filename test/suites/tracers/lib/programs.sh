# SPDX-License-Identifier: MIT
#
# The programs that are traced, in a folder of their own: sleeper adds to a number and
# tells it; threads has three that wait.  Addresses are left alone by gdb, not by strace.

cd "$(mktemp -d -p /root)" || exit 1

cat >sleeper.c <<'END'
#include <stdio.h>
#include <unistd.h>
int counter;
static int add(int n)
{
	counter += n;
	return counter;
}
int main(int argc, char **argv)
{
	for (int i = 1; i <= 3; i++)
		add(i);
	printf("%d\n", counter);
	fflush(stdout);
	while (argc > 1)
		usleep(10000);
	return 7;
}
END
cat >threads.c <<'END'
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static pthread_barrier_t all;
static void *wait_there(void *n)
{
	pthread_barrier_wait(&all);
	pause();
	return n;
}
static void here(void)
{
	puts("here");
}
int main(void)
{
	pthread_t t[3];
	pthread_barrier_init(&all, 0, 4);
	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], 0, wait_there, (void *)i);
	pthread_barrier_wait(&all);
	usleep(100000);
	here();
	return 0;
}
END
gcc-14 -g -O0 sleeper.c -o sleeper && gcc-14 -g -O0 -pthread threads.c -o threads || exit 1

# after COMMAND...: in the background, once it has printed a line; its number is in $pid.
after() {
	: >line
	"$@" >line &
	pid=$!
	while ! grep -q . line; do sleep 0.1; done
}
