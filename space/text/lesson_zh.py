"""The lesson in Simplified Chinese; the same names and fields as lesson_en."""

LESSON_LEAD = (
    "六个小步骤，讲这类检测器怎样工作、又怎样误导人。每一步先请你作答；答案随后在上方照片上实测得出，"
    "而不是查表。"
)
LESSON_PROGRESS = "第 {number} 步，共 {count} 步"
LESSON_STEPS_LABEL = "课程的各个步骤"
LESSON_STEPS = (
    "人脸与句子",
    "为什么看噪声",
    "为什么分四级",
    "样本对注意力",
    "失效的提示词",
    "误导人的热图",
)
LESSON_PREVIOUS = "← 上一步"
LESSON_NEXT = "下一步 →"
LESSON_CHECK = "核对我的答案"
LESSON_CHOOSE_FIRST = "请先选一个答案，猜也可以。"
LESSON_MEASURING = "正在这张脸上测量……"
LESSON_RIGHT = "测量结果与你一致。"
LESSON_WRONG = "测量结果与你的答案不同。"
LESSON_YOURS = "你的答案"
LESSON_MEASURED = "实测"
LESSON_ANSWERED = "已作答"
LESSON_REVEAL = "在这张脸上的实测结果"
LESSON_LOOK = "在本页哪里查看："
LESSON_NO_FACE = "这个问题要在一张脸上测量：请在上方上传照片，或选一个示例。"
LESSON_SIDES = ("真实", "伪造")
LESSON_EXACTLY_ZERO = "恰为 0"

# 1. What CLIP sees
LESSON_SIGHT_TITLE = "CLIP 看到什么：是方向，不是图像"
LESSON_SIGHT_TEXT = (
    "CLIP 类模型把人脸变成 {size} 个数，也把每条描述变成同样长的一列数。可以把这样一列数看作一个方向。"
    "训练使人脸的方向转向描述它的句子的方向。",
    "两个方向的一致程度用余弦衡量：1 表示同向，0 表示成直角，−1 表示反向。语言一侧对一张脸所知的全部，"
    "就是它与每条描述的一个余弦。",
)
LESSON_SIGHT_QUESTION = "模型认为下面哪条描述离这张脸最近？"
LESSON_SIGHT_CHOICE = "{number}. {side}：{name}"
LESSON_SIGHT_REVEAL = (
    "在全部 {count} 条描述中，“{nearest}”最近，余弦为 {high}；“{farthest}”最远，余弦为 {low}。",
    "每个余弦都乘以学到的尺度 s = {scale}。语言间隔（language margin）比较两侧：这些乘积在伪造描述上的软最大值"
    "（log-mean-exp），减去在真实描述上的。这里是 {language}；大于 0 表示偏向伪造。",
    "近不等于对。总有一条是最近的，哪怕列表里的句子全都不对。",
)
LESSON_SIGHT_TABLE = "这张脸与所列描述的余弦"
LESSON_SIGHT_HEAD = ("描述", "余弦", "s × 余弦")
LESSON_SIGHT_LOOK = "在“{words}”中：选一条描述，改动一个词，看它的相似度如何变化。"

# 2. Why noise
LESSON_NOISE_TITLE = "为什么看噪声：把画面拿走之后还剩什么"
LESSON_NOISE_TEXT = (
    "相机、JPEG 压缩和图像生成器都会在最细微处留下痕迹，它们太弱，被画面内容盖住，肉眼看不见。"
    "三个固定的高通滤波器（SRM，来自对隐写信息的检测）去掉平滑的部分，只留下每个像素与邻近像素的差异：残差。",
    "噪声流只读取一个 112 × 112 像素图块的残差。它从 {count} 个候选中取最丰富的一个，"
    "即同质性（homogeneity）最低的：同质性是所有相邻像素对的 "
    "1/(1+d²) 的平均值，d 为两者灰度之差。平滑的图块里几乎没有残差可读。",
)
LESSON_NOISE_QUESTION = "这张脸上哪个图块最丰富？"
LESSON_NOISE_CHOICE = "图块 {number}，{place}"
LESSON_NOISE_PLACES = ("左上", "右上", "左下", "右下")
LESSON_NOISE_PATCH = "这张脸的候选图块 {number}，112 × 112 像素"
LESSON_NOISE_REVEAL = (
    "图块 {number} 的同质性最低，为 {lowest}；其次为 {next}。",
    "若没有噪声流，这次判定的间隔（margin）会是 {without}，而不是 {margin}：噪声流的证据使间隔改变 {ablation}。",
    "丰富不等于伪造。头发、胡须或有花纹的衣服，相邻像素同样差别很大；选中这个图块，只是因为其中有东西可读，"
    "换一个图块，结论可能不同。",
)
LESSON_NOISE_TABLE = "各候选图块的同质性，以及残差绝对值的平均"
LESSON_NOISE_HEAD = ("图块", "同质性", "残差绝对值平均")
LESSON_NOISE_LOOK = "在“{noise}”中：四个得分、残差，以及换一个图块会得出什么。"

# 3. Why hierarchical prompts
LESSON_LEVELS = ("1 · 真伪", "2 · 伪造类型", "3 · 生成器家族", "4 · 生成器")
LESSON_STREAMS = ("图像流", "噪声流")
LESSON_LEVELS_TITLE = "为什么用分层提示词：“伪造”一词太粗"
LESSON_LEVELS_TEXT = (
    "换脸和凭空合成的脸都是伪造，此外却少有共同之处。因此 MFCLIP 用四个句子描述一种伪造，由粗到细：真伪、"
    "伪造类型、生成器家族、生成器。"
    "各种伪造共用最粗的句子，而在较细的句子上彼此不同。",
    "在本移植版中，每个句子单独编码，一条描述是其四个句子的加权和。每一级对一次判定贡献了多少，可以精确计算："
    "尝试两个流与四级“在场”和“缺席”的所有组合，对每一方带来的增量取平均（Shapley 值）。"
    "份额以间隔的单位 logit 计：胜算相乘，logit 相加；间隔为 0 表示双方胜算相等。",
)
LESSON_LEVELS_QUESTION = "哪一级对这次判定的间隔影响最大（不论偏向哪一侧）？"
LESSON_LEVELS_NONE = "都没有：没有一级影响它"
LESSON_LEVELS_REVEAL = (
    "四级中份额最大的是“{level}”，为 {share} logit。两个流的份额分别为 {image} 和 {noise}。",
    "所有份额加上起点，恰好等于间隔 {margin}。",
    "份额是一个部分在所有加入次序下平均增加的量。第 2 步是从全部之中去掉噪声，只是其中一种次序，因此数值可能不同。",
    "份额说明证据在这次判定中如何分配，并不说明那句话是对的；对所有描述都说同一句话的那一级，份额为 0。",
)
LESSON_LEVELS_DEAD = (
    "没有一级有份额：在这个检查点中，语言不参与判定。两个流的份额分别为 {image} 和 {noise}。",
    "所有份额加上起点，恰好等于间隔 {margin}。",
)
LESSON_LEVELS_TABLE = "这次判定的账目，单位为 logit，正值偏向伪造"
LESSON_LEVELS_HEAD = ("组成部分", "学到的权重", "份额")
LESSON_LEVELS_BASE = "起点"
LESSON_LEVELS_SUM = "间隔"
LESSON_LEVELS_LOOK = "在“{ledger}”中：同样的份额在那里画成瀑布图。"

# 4. What pair attention does
LESSON_PAIRS_TITLE = "样本对注意力做什么、不做什么"
LESSON_PAIRS_TEXT = (
    "训练时，每张脸同时与许多描述比较：要靠近自己的描述，远离其他描述。但其他描述错的程度并不一样："
    "两个扩散模型之间的共同点，多于扩散模型与真实人脸之间。",
    "样本对注意力（sample pair attention）给每一对“人脸–描述”一个 0 到 1 的门控值。在已发表的代码中，"
    "相似度乘以门控值，"
    "而门控值是一张 {slots} × {slots} 的数表，对应的是批次中的位置。在本移植版中，"
    "门控值由人脸和文本计算得出，只用来给不匹配的对加权，权重从 {floor} 到 1。",
)
LESSON_PAIRS_QUESTION = "如果把样本对注意力从模型中去掉，这次判定的间隔会怎样？"
LESSON_PAIRS_CHOICES = (
    "完全不变",
    "变化小于 {line} logit",
    "变化达到或超过 {line} logit",
)
LESSON_PAIRS_REVEAL = (
    "这张脸被编码并判定了两次。有样本对注意力时间隔为 {margin}，没有时为 {without}；相差 {change}。",
    "样本对注意力是训练损失的一部分。它塑造了第 1 步所说的那些方向，但任何判定都不读取它。因此，"
    "门控值的图绝不可能是某次判定的理由。",
)
LESSON_PAIRS_ABSENT = "这个检查点训练时没有使用样本对注意力，因此每一对的权重都是 1。"
LESSON_PAIRS_TABLE = "这张脸与三条描述组成的对：训练会如何对待它们"
LESSON_PAIRS_HEAD = ("描述", "相似度", "门控值", "相似度 × 门控值", "作为不匹配对的权重")
LESSON_PAIRS_LOOK = "在“{pairs}”中：多张脸与各条描述并列，给出相似度、门控值和二者之积。"

# 5. Why the published prompts were dead
LESSON_PUBLISHED_TITLE = "已发表代码中的提示词为何失效"
LESSON_PUBLISHED_TEXT = (
    "已发表的代码把四个句子首尾相接，共 {tokens} 个词元，并在第 1 句的末尾读取文本特征。"
    "它的注意力掩码只让每个词元看到自己和它之前的词元。"
    "推理时，它只运行图像、噪声和分类头，不运行文本。",
    "这里就在这张脸上实时运行这一计算，用的是一个随机权重的小模型（{parameters} 个参数；作者没有发布权重）。"
    "随机权重已经足够：没有通路的地方，再怎么训练也传不过去。",
)
LESSON_PUBLISHED_QUESTION = "四级句子中，有几级能够改变已发表代码的判定？"
LESSON_PUBLISHED_CHOICES = ("一级也没有", "一级", "两级或三级", "四级都能")
LESSON_PUBLISHED_REVEAL = (
    "{levels} 级中有 {moving} 级能够改变其判定。每一级都试了两次：看它的梯度，以及换上别的句子后的变化。",
    "它的文本特征（任何判定都不读取）能被 {levels} 级中的 {speaking} 级改变。"
    "{descriptions} 条描述总共有 {distinct} 个不同的文本特征："
    "每个不同的第一句对应一个。伪造类型、家族和生成器从未被区分开。",
    "最后一列不依赖本移植版的简化：{tokens} 个词元全部按已发表的方式在掩码下读取，并依次替换每一级的句子。",
    "这里的像素有梯度，是因为本移植版保持了通路完整。已发表的代码中途离开了 PyTorch，在那里连像素也没有梯度。",
    "修补并不难：在每个句子自己的末尾读取，再把四个结果相加。这样之后各级起什么作用，第 3 步已经展示。",
)
LESSON_PUBLISHED_TABLE = "在这张脸上，什么能改变已发表的计算：随机权重，变化以 logit 计，梯度按输入的每单位计"
LESSON_PUBLISHED_HEAD = (
    "输入",
    "判定的梯度",
    "判定的变化",
    "语言间隔的变化",
    "文本特征的变化（读取全部词元）",
)
LESSON_PUBLISHED_INPUTS = ("人脸像素", "图块的残差")
LESSON_PUBLISHED_LOOK = (
    "在“{ledger}”中，按钮“{audit}”对修补后模型的每个输入做同样的试验；"
    "在“{words}”中，改动一个句子就会改变它的判定。"
)

# 6. How heat maps mislead
LESSON_MAPS_TITLE = "热图怎样误导人"
LESSON_MAPS_TEXT = (
    "下面三张图中，"
    "一张显示人脸的哪些格子影响了训练好的检测器的间隔（从单色脸出发的积分梯度）；"
    "一张是把检测器的权重打乱、使它忘掉一切之后，用同样方法得到的；"
    "还有一张与任何检测器无关，只显示画面哪里有边缘。",
    "它们都按这类图常见的方式绘制：只画大小，不画正负，每张图各自拉伸到自己最强的格子。",
)
LESSON_MAPS_QUESTION = "哪张图属于训练好的检测器？"
LESSON_MAPS_CHOICE = "图 {letter}"
LESSON_MAPS_PICTURE = "图 {letter}：人脸上 {side} × {side} 个格子的强度，最强处在{strongest}"
LESSON_MAPS_PLACE = "第 {row} 行第 {column} 列"
LESSON_MAPS_TRAINED = "训练好的检测器"
LESSON_MAPS_FORGOTTEN = "打乱的权重"
LESSON_MAPS_EDGES = "边缘"
LESSON_MAPS_REVEAL = (
    "图 {trained} 属于训练好的检测器，图 {forgotten} 属于打乱的权重，图 {edges} 显示边缘。",
    "如果很难分辨，这正是要说明的：看起来合理，什么也证明不了。例如，拉伸掩盖了一点："
    "最强的格子在训练好的权重下为 {strongest} logit，"
    "在打乱的权重下为 {strongest_forgotten} logit。",
    "数字比观感可靠。带正负号比较，两个检测器的图的等级相关为 {signed}。若其绝对值达到 {line}，"
    "我们就会说这张图画的是画面而不是理由：{finding}。",
)
LESSON_MAPS_PASSES = "这里没有达到这条线，所以在这张脸上，权重变了，图也随之改变"
LESSON_MAPS_FAILS = "这里达到了这条线，所以这张图不可信"
LESSON_MAPS_TABLE = "三张图（如所绘）之间的等级相关，−1 到 1"
LESSON_MAPS_HEAD = ("两张图", "相关")
LESSON_MAPS_PAIR = "{first}与{second}"
LESSON_MAPS_SIGNED = "训练好的检测器的图，带正负：橙红偏向伪造，蓝色偏向真实"
LESSON_MAPS_LOOK = "在“{where}”中：热图及其方法与标尺；在“{trust}”中：它必须通过的检验。"
