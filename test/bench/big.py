# SPDX-License-Identifier: MIT
"""A C program of 6,000 lines, for compilers under pressure; to standard output.

gcc puts the static functions, each called once, into the ten that call them: one of 500 lines at a
time, for which cc1 needs about twice what a program of as many small functions needs.
"""

FUNCTIONS, GROUP = 500, 50

print("#include <stdio.h>\n\nstatic unsigned v[1000];\n")
for i in range(FUNCTIONS):
    print(f"static int f{i}(int a)\n{{\n\tint s = a;\n\n\tfor (int i = 0; i < {i + 3}; i++)\n"
          f"\t\ts += v[i % 1000] * {i} ^ a << i % 31;\n\tif (s % 7 == {i % 7})\n"
          f"\t\tv[{i}] = s;\n\treturn s;\n}}\n")
    if i % GROUP == GROUP - 1:
        print(f"int g{i // GROUP}(int s)\n{{")
        for j in range(i - GROUP + 1, i + 1):
            print(f"\ts += f{j}(s + {j});")
        print("\treturn s;\n}\n")
print("int main(void)\n{\n\tint s = 0;\n")
for i in range(FUNCTIONS // GROUP):
    print(f"\ts += g{i}(s);")
print('\tprintf("%d\\n", s);\n\treturn 0;\n}')
