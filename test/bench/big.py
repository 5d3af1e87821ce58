# SPDX-License-Identifier: MIT
"""A C program of 5,000 lines, for compilers under pressure; to standard output."""

FUNCTIONS = 500

print("#include <stdio.h>\n\nstatic unsigned v[1000];\n")
for i in range(FUNCTIONS):
    print(f"int f{i}(int a)\n{{\n\tint s = a;\n\n\tfor (int i = 0; i < {i + 3}; i++)\n"
          f"\t\ts += v[i % 1000] * {i} ^ a << i % 31;\n\tif (s % 7 == {i % 7})\n"
          f"\t\tv[{i}] = s;\n\treturn s;\n}}\n")
print("int main(void)\n{\n\tint s = 0;\n")
for i in range(FUNCTIONS):
    print(f"\ts += f{i}(s + {i});")
print('\tprintf("%d\\n", s);\n\treturn 0;\n}')
