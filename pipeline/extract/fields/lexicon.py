"""Closed classes of words that rules lean on: surnames, degrees, titles, endings of schools and employers, languages.

Open classes (names of people, firms, technologies) have no place here.
"""

from __future__ import annotations

import re

HAN = r"\u3400-\u9fff"

_SURNAMES = """
王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范
金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤康常温牛樊葛邢安齐易乔伍庞颜倪
庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕
屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣
巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅
屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹
諾战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由
張劉陳楊黃趙吳孫馬鄭謝許韓馮鄧蕭蔣葉蘇魏呂盧鐘譚陸範賈韋傅鄒閻龍陶賀顧龔邵萬錢嚴湯齊喬龐顏倪莊聶魯關蘭單
"""
_DOUBLE_SURNAMES = (
    "欧阳 上官 司马 诸葛 夏侯 皇甫 尉迟 公孙 慕容 令狐 宇文 长孙 司徒 东方 独孤 南宫 端木 轩辕 西门 歐陽 諸葛"
)
_SURNAME = f"(?:{'|'.join(_DOUBLE_SURNAMES.split())}|[{''.join(_SURNAMES.split())}])"
HAN_NAME = re.compile(rf"{_SURNAME}[{HAN}]{{1,2}}")
HAN_NAME_SPACED = re.compile(rf"{_SURNAME}\s{{0,4}}[{HAN}](?:\s{{0,4}}[{HAN}])?")

LANGUAGES = re.compile(
    r"\b(?:English|Mandarin|Cantonese|Chinese|German|French|Spanish|Italian|Portuguese|Dutch|Russian|Japanese|Korean"
    r"|Arabic|Hindi|Urdu|Bengali|Turkish|Polish|Czech|Slovak|Hungarian|Romanian|Bulgarian|Greek|Swedish|Norwegian"
    r"|Danish"
    r"|Finnish|Ukrainian|Hebrew|Persian|Farsi|Thai|Vietnamese|Indonesian|Malay|Tamil|Swahili|Catalan|Croatian|Serbian"
    r"|Latin|Welsh|Irish|Icelandic|Estonian|Latvian|Lithuanian|Slovenian|Yoruba|Igbo|Hausa|Zulu|Amharic|Nepali"
    r"|Mongolian|Tibetan|Burmese|Khmer|Georgian|Armenian|Kazakh|Albanian|Bosnian|Tagalog|Filipino|Punjabi)\b"
    r"|普通话|国语|英语|日语|韩语|法语|德语|俄语|西班牙语|葡萄牙语|意大利语|阿拉伯语|泰语|越南语|印尼语|粤语|广东话"
    r"|汉语|中文|英文|日文|韩文|法文|德文"
    r"|俄文|藏语|维吾尔语|蒙古语|朝鲜语|闽南语|客家话|上海话|普通話|英語|日語|韓語|法語|德語|粵語|粵语"
)

_FIELDS_OF_DEGREES = (
    "Science|Sciences|Arts|Engineering|Business Administration|Laws?|Fine Arts|Philosophy|Education|Medicine|Surgery"
    "|Public Health|Public Administration|Public Policy|Commerce|Architecture|Technology|Music|Nursing|Social Work"
    "|Applied Science|Applied Sciences|Design|Divinity|Research|Letters|Pharmacy|Dental Surgery|Economics|Finance"
)
DEGREE = re.compile(
    rf"(?<![\w.])(?:(?:Bachelor|Master|Doctor|Associate)(?:'?s)? of (?:{_FIELDS_OF_DEGREES})(?: \(Hons?\)|"
    rf" \(Honours\))?(?! ?(?:and|&))"
    r"|(?:Bachelor|Master|Doctoral|Associate)(?:'?s)?(?: Degree| of Technology)?"
    r"|Ph\. ?D\.?|PhD|D\.?Phil\.?|Ed\.?D\.?|M\.?D\.|J\.?D\.?|LL\.?[BM]\.?|M\.?B\.?A\.?|EMBA|MPhil|M\.?P\.?[HAP]\.?"
    r"|M\.?Sc\.?|B\.?Sc\.?"
    r"|B\.?Eng\.?|M\.?Eng\.?|B\.?Tech\.?|M\.?Tech\.?|B\.?Ed\.?|M\.?Ed\.?|B\.?Com\.?|BBA|BFA|MFA|B\.?Arch\.?"
    r"|M\.?Arch\.?|MBBS|B\.?A\.?|M\.?A\.?|B\.?S\.?|M\.?S\.?|A\.?A\.?S?\.?"
    r"|Doctorate|High School Diploma|Higher National Diploma|Postgraduate Diploma|Graduate Diploma|Diploma"
    r"|(?:Graduate |Postgraduate |Professional |Advanced |Higher )?Certificate|A[-"
    r" ]Levels?|Abitur|GED|Postdoc(?:toral)?"
    r")(?: \(Hons?\)| \(Honours\))?(?![\w])"
)
HAN_DEGREE = re.compile(
    r"(?:在职|全日制|统招|同等学力)?"
    r"(?:博士后|博士研究生|硕士研究生|大学本科|本科|大学专科|大专|专科|专升本|研究生|高级工商管理硕士|博士|硕士|双学士"
    r"|学士"
    r"|中专|中等专科|中技|技校|职高|高中|初中|EMBA|MBA|MPA(?:cc)?|大學|專科|碩士|學士|博士)"
)
HAN_SCHOOL_END = r"(?:大学|学院|研究生院|研究院|党校|干部学校|学校|中学|中专|技校|高中|科学院|大學|學院|學校|中學)"
ENGLISH_SCHOOL = re.compile(
    r"\b(?:University|College|Institute|School|Academy|Polytechnic|Universit[äàéy]t?|Université|Universidad"
    r"|Universidade"
    r"|Hochschule|Conservatory|Conservatoire|Gymnasium|Lyc[ée]e|Seminary|ETH|MIT|UCLA|EPFL|[ÜU]niversitesi)\b"
)
FIELD_OF_STUDY = re.compile(
    r"(?:ics|ology|istry|graphy|ciences?|ngineering|ature|nomy|inance|ccounting|anagement|dministration|tudies|istory"
    r"|[Ll]aw"
    r"|edicine|esign|rts|rt|ursing|sychology|ducation|hilosophy|tecture|echnology|omputing|ournalism|usic|arketing"
    r"|usiness"
    r"|ommunications?|iology|ransport(?:ation)?|anguages?|lanning|ecurity|ogistics|harmacy|eatre|ilm|riculture|orestry"
    r"|English|nteraction|obotics|inguistics|pidemiology|llustration|ntelligence|nformatics|nalysis|ystems|elations"
    r"|ffairs"
    r"|anthropology|Mathematics|Maths|Classics|heology|Pre-?Med|inematography|ourism|ospitality|ealth|utrition|Dance"
    r"|Acting|Drama|Writing|Painting|Sculpture|Animation|Neuroscience|elopment|olicy|ursing|Divinity|Dentistry|Optics)$"
)

_EMPLOYER_END_ENGLISH = (
    r"Inc|Incorporated|Ltd|Limited|LLC|LLP|L\.L\.C|GmbH|AG|Corp|Corporation|Co|Company|plc|PLC|S\.A|SA|SE|B\.?V|N\.?V"
    r"|Pty|KG|S\.?p\.?A"
    r"|Group|Holdings|Bank|Partners|Associates|Laborator(?:y|ies)|Labs?|Hospital|University|College|Institute"
    r"|Foundation"
    r"|Studios?|Agency|Systems|Solutions|Technologies|Council|Ministry|Department|Consulting|Museum|Press|Clinic"
    r"|School|Library|Trust|Services"
)
EMPLOYER_ENGLISH = re.compile(rf"\b(?:{_EMPLOYER_END_ENGLISH})\b\.?")
_TITLE_NOUNS = (
    "Engineer|Developer|Programmer|Architect|Manager|Director|Analyst|Scientist|Researcher|Consultant|Designer"
    "|Administrator"
    "|Assistant|Associate|Intern|Trainee|Apprentice|Fellow|Lecturer|Professor|Teacher|Tutor|Instructor|Officer"
    "|President"
    "|Chair(?:man|woman|person)?|Founder|Co-?[Ff]ounder|Partner|Principal|Head|Lead|Leader|Supervisor|Coordinator"
    "|Specialist"
    "|Representative|Executive|Accountant|Auditor|Controller|Bookkeeper|Buyer|Planner|Recruiter|Editor|Writer|Author"
    "|Journalist"
    "|Reporter|Translator|Interpreter|Nurse|Physician|Doctor|Surgeon|Pharmacist|Therapist|Technician|Mechanic"
    "|Electrician"
    "|Operator|Driver|Chef|Cook|Waiter|Waitress|Barista|Bartender|Cashier|Clerk|Secretary|Receptionist|Librarian"
    "|Lawyer|Attorney"
    "|Paralegal|Counsel|Advis[eo]r|Strategist|Producer|Photographer|Artist|Illustrator|Animator|Surveyor|Inspector"
    "|Technologist"
    "|Economist|Statistician|Actuary|Trader|Banker|Broker|Agent|Salesperson|Owner|Freelancer|Volunteer|Contractor"
    "|Tester"
    "|CEO|CTO|CFO|COO|CIO|CMO|VP|SVP|EVP|Steward|Curator|Conservator|Biologist|Chemist|Physicist|Geologist|Hydrologist"
    "|Foreman|Carpenter"
    "|Worker|Postdoc|Scholar|Dean|Registrar|Merchandiser|Marketer|Ambassador|Captain|Pilot|Guide|Gardener|Keeper"
)
TITLE_ENGLISH = re.compile(rf"\b(?:{_TITLE_NOUNS})\b")

# Chinese: what ends a title. Longer ones first where one ends the other.
HAN_TITLE_END = (
    r"(?:总经理|经理人|经理|董事长|董事局主席|董事会秘书|董秘|独立董事|执行董事|董事|监事会主席|监事长|监事|总监|总裁"
    r"|总管|主任|主席|主管|主编|总编辑?|编辑|编审|编导"
    r"|工程师|高工|会计师|审计师|经济师|税务师|评估师|统计师|律师|建筑师|造价师|建造师|农艺师|政工师|设计师|架构师"
    r"|分析师|策划师|培训师|咨询师|药师|医师|技师"
    r"|教授|讲师|教师|老师|教员|助教|导师|院士|博士后|研究员|专家|顾问|院长|校长|所长|处长|科长|部长|局长|厂长|司长"
    r"|行长|会长|队长|组长|班长|店长|镇长|县长"
    r"|市长|省长|区长|乡长|村长|社长|站长|馆长|庭长|台长|室主任|秘书长|秘书|书记员|书记|委员|理事长|理事|助理|代表"
    r"|合伙人|专员|职员|科员|干事|会计|出纳|工人"
    r"|技术员|业务员|程序员|测试员|化验员|质检员|检验员|调度员|统计员|操作员|保管员|销售员|采购员|管理员|办事员|审计员"
    r"|审判员|检察官|检察长|法官|记者|主持人|负责人"
    r"|创始人|发起人|法定代表人|法人代表|法人|首席[\u3400-\u9fff]{1,4}官|医生|护士长|护士|实习生|培训生|管培生"
    r"|销售代表|开发|店员|翻译|文员|参谋长|政委|指导员|连长|排长|营长"
    r"|团长|师长|司令员|参谋|战士|学徒|见习生|投资人|保荐人|调研员|巡视员|稽查员|督导|总师|总工|助手|技工|操盘手"
    r"|交易员|精算师|特派员|督察长|合规官|召集人|党组成员|委员会成员|操作工|电工|钳工|车工"
    r"|工程師|經理|董事長|總監|總裁|教授|講師|研究員|顧問|會計師|律師|主任|CEO|CFO|CTO|COO|CIO|CMO|EVP|SVP|VP)"
)
# Words that belong to a title although an employer's name might end before them.
HAN_TITLE_STEM = (
    r"(?:(?:第[一二三四五六七八九十]{1,3}届|、|名誉|终身|常务|执行|高级|资深|首席|副|总|助理|代理?|第[一二三]|独立"
    r"|独立非执行|非执行|外部|职工代表?|职工|专职|兼职|客座|特聘|特邀|责任|荣誉|实习|见习|联席|轮值|区域|大区"
    r"|全国|全球|大中华区|中国区|华东区?|华南区?|华北区?|行政|人事|人力资源|财务|会计|审计|市场|销售|营销|采购|生产"
    r"|质量|技术|研发|运营|法务|投资|信息|产品|项目|客户|业务|工程"
    r"|安全|品牌|公关|商务|策略|战略|信贷|风险|风控|合规|董事会|监事会|党委|党组|党总支|党支部|纪委|工会|团委|支部"
    r"|分管|主管|博士生|硕士生|研究生|注册|中级|初级|正高级|教授级|一级|二级|三级"
    r"|软件|硬件|算法|数据|前端|后端|测试|运维|机械|电气|结构|工艺|设备|化学|土建|设计|办公室|审计委员会"
    r"|投资决策委员会|提名委员会|证券事务|内审|内部审计|核算|成本|资金|常任|法定|总经理|董事长|总裁|主任|主治)"
    r"(?:级|部|处|科|室)?)"
)
HAN_EMPLOYER_END = (
    r"(?:有限责任公司|股份有限公司|有限公司|总公司|分公司|子公司|公司|集团|银行|大学|学院|研究院|研究所|研究中心|医院"
    r"|保健院|卫生院|疗养院|福利院|养老院"
    r"|中心|委员会|协会|学会|商会|促进会|研究会|联合会|联盟|基金会|事务所"
    r"|总厂|[\u3400-\u9fff]厂|部队|政府|人大|政协|法院|检察院|中学|小学|学校|党校|日报社|报社|日报|出版社|杂志社|电视台"
    r"|工作室|俱乐部|合作社|交易所|分行|支行|总行|实验室|设计院|科学院|工程院|勘察院|规划院"
    r"|研究室|办事处|办公厅|总局|[省市县区家]\w{0,6}局|(?:国土|水利|教育|财政|公安|卫生|统计|物资|商业|审计|税务|工商"
    r"|粮食|交通|邮电|电力|建设|劳动|人事|林业|农业|铁路|矿务|管理|地质|地矿|建工|航空|航天|海关|石油|供电|电业|冶金"
    r"|\w{2,}物|\w{2,}监督|\w{2,}勘查)局|[省市县区]委|证监会|银监会|国资委|发改委|计委|经委|建委|总社|总会(?!计)"
    r"|公会(?!议)|企业|酒店|宾馆|商场|商店|超市|电站|电厂|煤矿|油田|农场|林场|总站|车站|码头|信托|证券|总店|大厦|市场"
    r"|学社|书院|博物馆|图书馆|体育馆"
    r"|有限公司[\(（]\w{1,6}[\)）]|交易市场|公社|车队|院校|Inc\.?|Ltd\.?|Corp\.?|LLC|GmbH|公司\)|(?:国家"
    r"|[部局厅])\w{2,10}(?<!公)司|大學|學院|醫院|集團|銀行|有限公司)"
)
